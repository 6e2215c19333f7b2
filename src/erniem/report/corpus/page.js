"use strict";
(() => {
  const { tokens, scale } = JSON.parse(document.getElementById("data").textContent);

  // The mix of languages: share ∝ tokens^alpha.
  const slider = document.getElementById("alpha");
  function mix() {
    const alpha = Number(slider.value);
    document.getElementById("alpha-shown").textContent = alpha.toFixed(2);
    const raised = Object.entries(tokens).map(([code, count]) => [code, count ? count ** alpha : 0]);
    const whole = raised.reduce((sum, [, value]) => sum + value, 0) || 1;
    for (const [code, value] of raised) {
      const cell = document.querySelector(`[data-mix="${code}"]`);
      cell.dataset.value = value / whole;
      cell.querySelector("i").style.width = `${(scale * value) / whole}rem`;
      cell.querySelector("span").textContent = `${((100 * value) / whole).toFixed(1)} %`;
    }
  }
  slider.addEventListener("input", mix);

  // What was dropped: rows that have every word that was typed.
  const search = document.getElementById("search");
  search?.addEventListener("input", () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of document.querySelector("#dropped tbody").rows) {
      const text = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => text.includes(word));
    }
  });
})();
