"use strict";
(() => {
  // Tables: sorted by a click on a column's name; what has no value goes last.
  const valueOf = (row, place) => row.cells[place].dataset.value;

  function compare(one, other, sign) {
    if (one === undefined || other === undefined) return (one === undefined) - (other === undefined);
    const difference = Number(one) - Number(other);
    return sign * (Number.isNaN(difference) ? one.localeCompare(other) : difference);
  }

  function sortBy(table, head, place) {
    const isText = Number.isNaN(Number(valueOf(table.tBodies[0].rows[0], place) ?? 0));
    const before = head.getAttribute("aria-sort") ?? (isText ? "descending" : "ascending");
    const order = before === "ascending" ? "descending" : "ascending";
    head.parentElement.querySelectorAll("[aria-sort]").forEach((th) => th.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", order);
    const sign = order === "ascending" ? 1 : -1;
    const rows = [...table.tBodies[0].rows];
    rows.sort((one, other) => compare(valueOf(one, place), valueOf(other, place), sign));
    table.tBodies[0].append(...rows);
  }

  document.querySelectorAll("table.sortable").forEach((table) => {
    const heads = [...table.tHead.rows[table.tHead.rows.length - 1].cells];
    heads.forEach((head, place) => {
      head.querySelector("button").addEventListener("click", () => sortBy(table, head, place));
    });
  });
})();
