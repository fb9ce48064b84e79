"use strict";
// Collects what is decided about labels, and gives it as corrections.csv. Without it the page says
// how to write that file by hand.
(() => {
  const panel = document.getElementById("correcting");
  if (!panel) return;
  const bar = document.getElementById("decided");
  const categories = JSON.parse(panel.dataset.categories);
  const names = new Map(categories);
  const decided = new Map();
  let isSaved = true;

  // As the reader of the file undoes it: no cell is a formula where a spreadsheet opens it.
  const guard = (text) =>
    /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/.test(text) &&
    !/^[+-]?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text)
      ? `'${text}`
      : text;
  const cell = (text) => (/[",;\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const line = (cells) => `${cells.map((text) => cell(guard(text))).join(",")}\r\n`;

  const show = () => {
    bar.hidden = decided.size === 0;
    const unit = decided.size === 1 ? "label" : "labels";
    bar.querySelector("output").textContent = `${decided.size} ${unit} decided`;
  };

  const decide = (control, label) => {
    const image = control.dataset.image;
    if (label === null) decided.delete(image);
    else decided.set(image, label);
    // A picture can stand on the page twice: what is said of it is said once.
    for (const other of document.querySelectorAll(".decide")) {
      if (other.dataset.image === image && other !== control) other.show(label);
    }
    control.closest(".card").classList.toggle("is-decided", label !== null);
    isSaved = false;
    show();
  };

  const option = (value, text) => new Option(text, value);

  for (const control of document.querySelectorAll(".decide")) {
    const { label, suggested, image } = control.dataset;
    const select = document.createElement("select");
    select.setAttribute("aria-label", `The right label of ${image}`);
    select.add(option("", "not decided"));
    select.add(option(`=${label}`, `keep: ${names.get(label)}`));
    if (suggested !== label) {
      select.add(option(`=${suggested}`, `change to: ${names.get(suggested)}`));
    }
    const group = document.createElement("optgroup");
    group.label = "change to another category";
    select.append(group);
    const fill = () => {
      if (group.childElementCount) return;
      group.append(
        ...categories
          .filter(([id]) => id !== label && id !== suggested)
          .map(([id, name]) => option(`=${id}`, name)),
      );
    };
    // Only when it is wanted: thousands of categories times eighty pictures are many options.
    for (const event of ["pointerdown", "focus", "keydown"]) select.addEventListener(event, fill);
    control.show = (chosen) => {
      fill();
      select.value = chosen === null ? "" : `=${chosen}`;
      control.closest(".card").classList.toggle("is-decided", chosen !== null);
    };
    select.addEventListener("change", () => {
      decide(control, select.value === "" ? null : select.value.slice(1));
    });
    control.append(select);
  }

  bar.querySelector("button").addEventListener("click", () => {
    const by = bar.querySelector("input").value.trim();
    const rows = [...decided].map(([image, label]) => line([image, label, by]));
    const text = `\ufeff${line(["image_id", "label", "by"])}${rows.join("")}`;
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
    link.download = "corrections.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
    isSaved = true;
  });

  addEventListener("beforeunload", (event) => {
    if (!isSaved && decided.size) event.preventDefault();
  });

  panel.querySelector(".by-script").hidden = false;
  panel.querySelector("details").open = false;
})();
