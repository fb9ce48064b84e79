"use strict";
// Sorts tables, orders matrices, copies commands and opens what a link leads into.
// Without it all is there to read.
const order = (parent, children) => children.forEach((child) => parent.append(child));

const amount = (cell) => {
  const number = parseFloat(cell.textContent.replace(/,/g, ""));
  return Number.isNaN(number) ? null : number;
};

const compare = (column, sign) => (one, other) => {
  const [a, b] = [one, other].map((row) => row.cells[column]);
  const [x, y] = [amount(a), amount(b)];
  if (x !== null && y !== null && column > 0) return sign * (x - y);
  if ((x === null) !== (y === null) && column > 0) return x === null ? 1 : -1;
  return sign * a.textContent.localeCompare(b.textContent);
};

for (const table of document.querySelectorAll("table.sortable")) {
  const headings = [...table.tHead.rows[0].cells];
  headings.forEach((heading, column) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...heading.childNodes);
    heading.append(button);
    button.addEventListener("click", () => {
      const isDown = heading.getAttribute("aria-sort") !== "descending" && column > 0;
      const isAgain = heading.getAttribute("aria-sort") === "ascending";
      const down = column > 0 ? isDown : isAgain;
      headings.forEach((one) => one.removeAttribute("aria-sort"));
      heading.setAttribute("aria-sort", down ? "descending" : "ascending");
      const body = table.tBodies[0];
      order(body, [...body.rows].sort(compare(column, down ? -1 : 1)));
    });
  });
}

for (const control of document.querySelectorAll(".ordering")) {
  const table = document.getElementById(control.dataset.table);
  const rows = [...table.tBodies[0].rows];
  const lines = [table.tHead.rows[0], ...rows].map((row) => [row, [...row.cells]]);
  control.hidden = false;
  control.querySelector("select").addEventListener("change", (event) => {
    const places = JSON.parse(event.target.selectedOptions[0].dataset.order);
    for (const [row, [first, ...cells]] of lines) {
      order(row, [first, ...places.map((place) => cells[place])]);
    }
    order(table.tBodies[0], places.map((place) => rows[place]));
  });
}

for (const block of document.querySelectorAll(".command")) {
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = "Copy";
  button.addEventListener("click", async () => {
    const code = block.querySelector("code");
    getSelection().selectAllChildren(code); // there to be copied by hand where scripts may not
    try {
      await navigator.clipboard.writeText(code.textContent);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Selected";
    }
  });
  block.append(button);
}

const open = () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  for (let one = target; one; one = one.parentElement) {
    if (one.tagName === "DETAILS") one.open = true;
  }
  if (target) target.scrollIntoView();
};
addEventListener("hashchange", open);
if (location.hash) open();
