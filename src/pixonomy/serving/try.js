"use strict";
// Sends images as they are picked, dropped, pasted or taken, and puts the answer into the page.
// Without it the form does the same, page by page.
const form = document.getElementById("try");
const image = document.getElementById("image");
const taken = document.getElementById("taken");
const send = document.getElementById("send");
const state = document.getElementById("status");
let previews = [];
let pending = []; // what was last dropped, pasted or taken: it stays for the button
let underway = null;

const refusal = (files) => {
  const { mostImages, mostBytes } = form.dataset;
  if (files.length > mostImages) {
    return `These are ${files.length} images, and at most ${mostImages} go at once.`;
  }
  const large = files.find((file) => file.size > mostBytes);
  if (!large) return "";
  const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  return `${large.name || "An image"} has ${megabytes(large.size)}, and at most ${megabytes(mostBytes)} are taken.`;
};

const failed = (sentence) => {
  const section = document.createElement("section");
  const [title, text] = [document.createElement("h2"), document.createElement("p")];
  section.className = "warning";
  title.textContent = "No answer";
  text.textContent = sentence;
  section.append(title, text);
  return [section];
};

// What the page shows anyway is only read out.
const report = (sentence, isShown = false) => {
  state.classList.toggle("unseen", isShown);
  state.textContent = sentence;
};

// What is turned away before the application sees it is answered in JSON.
const read = async (response) => {
  const text = await response.text();
  if (!(response.headers.get("content-type") || "").startsWith("text/html")) {
    return failed(JSON.parse(text).error.message);
  }
  const page = new DOMParser().parseFromString(text, "text/html");
  return [...page.getElementById("answer").children];
};

const preview = (section, file) => {
  const shown = document.createElement("img");
  shown.alt = "";
  shown.addEventListener("error", () => shown.remove()); // a format that only the service reads
  shown.src = URL.createObjectURL(file);
  previews.push(shown.src);
  section.prepend(shown);
};

const show = (sections, files) => {
  previews.forEach((address) => URL.revokeObjectURL(address));
  previews = [];
  document.getElementById("answer").replaceChildren(...sections);
  const answered = sections.filter((one) => one.classList.contains("answered"));
  if (answered.length === files.length) answered.forEach((one, n) => preview(one, files[n]));
  report(sections.map((one) => one.querySelector("h2").textContent.trim()).join(". "), true);
  sections[0].scrollIntoView({ block: "nearest" });
};

const busy = (is) => {
  send.setAttribute("aria-disabled", String(is));
  document.getElementById("answer").setAttribute("aria-busy", String(is));
};

const ask = async (files) => {
  if (underway) underway.abort();
  const content = new FormData(form);
  content.delete("image");
  files.forEach((file) => content.append("image", file, "image"));
  const mine = new AbortController();
  underway = mine;
  busy(true);
  report(files.length > 1 ? `Looking at ${files.length} images …` : "Looking at the image …");
  try {
    const response = await fetch(form.action, { method: "POST", body: content, signal: mine.signal });
    show(await read(response), files);
  } catch (error) {
    if (mine.signal.aborted) return;
    show(failed("The service could not be reached, or broke off. Try again."), files);
  }
  if (underway === mine) {
    underway = null;
    busy(false);
  }
};

const askIfComplete = (files) => {
  const token = form.elements.token;
  pending = files;
  if (!files.length) {
    report("Pick an image first.");
    image.focus();
  } else if (token && !token.value) {
    report("Give the access token, then press the button.");
    token.focus();
  } else {
    const refused = refusal(files);
    if (refused) show(failed(refused), files);
    else ask(files);
  }
};

const carriesFiles = (event) => [...event.dataTransfer.types].includes("Files");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  askIfComplete(pending);
});
for (const input of [image, taken]) {
  input.addEventListener("change", () => askIfComplete([...input.files]));
}
document.addEventListener("paste", (event) => {
  const files = [...event.clipboardData.files];
  if (!files.length) return;
  event.preventDefault();
  askIfComplete(files);
});
document.addEventListener("dragover", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  document.body.classList.add("is-over");
});
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) document.body.classList.remove("is-over");
});
document.addEventListener("drop", (event) => {
  if (!carriesFiles(event)) return;
  event.preventDefault();
  document.body.classList.remove("is-over");
  askIfComplete([...event.dataTransfer.files]);
});

form.noValidate = true; // its fields may be empty where an image was dropped
pending = [...image.files]; // what a browser keeps when a page is loaded again
document.getElementById("ways").hidden = matchMedia("(pointer: coarse)").matches;
document.getElementById("camera").hidden = !matchMedia("(pointer: coarse)").matches;
