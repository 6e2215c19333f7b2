"use strict";
(() => {
  const { tokens, scale, lengths } = JSON.parse(document.getElementById("data").textContent);

  // The mix of languages: share ∝ tokens^alpha.
  const slider = document.getElementById("alpha");
  const percent = (share) => (share > 0 && share < 0.0005 ? "< 0.1 %" : `${(100 * share).toFixed(1)} %`);
  function mix() {
    const alpha = Number(slider.value);
    document.getElementById("alpha-shown").textContent = alpha.toFixed(2);
    const raised = Object.entries(tokens).map(([code, count]) => [code, count ? count ** alpha : 0]);
    const whole = raised.reduce((sum, [, value]) => sum + value, 0) || 1;
    for (const [code, value] of raised) {
      const cell = document.querySelector(`[data-mix="${code}"]`);
      cell.dataset.value = value / whole;
      cell.querySelector("i").style.width = `${(scale * value) / whole}rem`;
      cell.querySelector("span").textContent = percent(value / whole);
    }
  }
  slider.addEventListener("input", mix);

  // Lengths: of all sentences, of all pairs, or of one language.
  const view = document.getElementById("view");
  function bar({ name, rows, height }) {
    const [bin, column, label] = ["div", "i", "span"].map((tag) => document.createElement(tag));
    bin.title = `${name} pieces: ${rows} rows`;
    column.style.setProperty("--height", height);
    label.textContent = name;
    bin.append(column, label);
    return bin;
  }
  view.addEventListener("change", () => {
    document.querySelector(".lengths").replaceChildren(...lengths[view.value].map(bar));
  });

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
