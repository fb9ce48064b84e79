"use strict";
// Shrinks a photograph before it leaves the phone, shows it, and fills in suggestions without a way
// to the service. Without this script the forms do the same, page by page.
const LONGEST = 1600; // pixels of a side that are sent
const PREVIEW = "pixonomy-preview";

const draw = (bitmap, longest) => {
  const scale = Math.min(1, longest / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const brush = canvas.getContext("2d");
  brush.fillStyle = "#fff"; // under what is transparent, as the service lays it
  brush.fillRect(0, 0, canvas.width, canvas.height);
  brush.imageSmoothingQuality = "high";
  brush.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return canvas;
};

const encode = (canvas, kind, quality) =>
  new Promise((resolve) => canvas.toBlob(resolve, kind, quality));

// Drawn anew, upright, without place and date. What the browser cannot read goes as it is.
const shrink = async (file) => {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file);
  } catch {
    return { file, preview: "" };
  }
  const canvas = draw(bitmap, LONGEST);
  const preview = draw(bitmap, 480).toDataURL("image/jpeg", 0.8);
  bitmap.close();
  const isSmall = file.type === "image/png" && canvas.width * canvas.height <= 250000;
  const kind = isSmall ? "image/png" : "image/jpeg";
  const blob = await encode(canvas, kind, 0.92);
  return { file: blob ? new File([blob], "image", { type: kind }) : file, preview };
};

const showIn = (box, address, alt) => {
  const image = document.createElement("img");
  image.alt = alt;
  image.src = address;
  box.replaceChildren(image);
  box.hidden = false;
};

const store = { // where a browser keeps nothing, there is no preview
  read: () => { try { return JSON.parse(sessionStorage.getItem(PREVIEW)); } catch { return null; } },
  write: (value) => { try { sessionStorage.setItem(PREVIEW, JSON.stringify(value)); } catch { /* full */ } },
  clear: () => { try { sessionStorage.removeItem(PREVIEW); } catch { /* none */ } },
};

const startForm = (form) => {
  const [image, taken, send, state, picked] = ["image", "taken", "send", "status", "picked"]
    .map((id) => document.getElementById(id));
  let pending = null;

  const report = (sentence) => { state.textContent = sentence; };

  const pick = (files) => {
    if (files.length > 1) report(`These are ${files.length} pictures: the first is taken.`);
    else report("");
    if (!files.length) return;
    const mine = shrink(files[0]);
    pending = mine;
    mine.then(({ preview }) => {
      if (pending !== mine) return;
      if (preview) showIn(picked, preview, "The picture that you picked");
      else picked.hidden = true;
      send.scrollIntoView({ block: "nearest" });
    });
  };

  const submit = async (event) => {
    event.preventDefault();
    if (send.getAttribute("aria-disabled") === "true") return;
    if (!pending && image.files.length) pick([...image.files]);
    if (!pending) {
      report("Pick a picture first.");
      image.focus();
      return;
    }
    const { file, preview } = await pending;
    if (file.size > Number(form.dataset.mostBytes)) {
      report(`This picture has ${(file.size / 1e6).toFixed(1)} MB, and at most ${form.dataset.mostBytes / 1e6} MB are taken.`);
      return;
    }
    send.setAttribute("aria-disabled", "true");
    report("Looking at the picture …");
    const carrier = new DataTransfer();
    carrier.items.add(file);
    image.files = carrier.files;
    if (preview) {
      const id = crypto.getRandomValues(new Uint32Array(3)).join("-");
      store.write({ id, address: preview });
      form.elements.preview.value = id;
    }
    form.submit();
  };

  const carriesFiles = (event) => [...event.dataTransfer.types].includes("Files");
  const over = (is) => document.body.classList.toggle("is-over", is);

  form.noValidate = true; // its field is empty where a picture was dropped
  form.addEventListener("submit", submit);
  for (const input of [image, taken]) {
    input.addEventListener("change", () => pick([...input.files]));
  }
  document.addEventListener("paste", (event) => {
    const files = [...event.clipboardData.files];
    if (!files.length) return;
    event.preventDefault();
    pick(files);
  });
  document.addEventListener("dragover", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    over(true);
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) over(false);
  });
  document.addEventListener("drop", (event) => {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    over(false);
    pick([...event.dataTransfer.files]);
  });
  window.addEventListener("pageshow", () => { // back from the next page
    send.setAttribute("aria-disabled", "false");
    report("");
  });
  document.getElementById("ways").hidden = matchMedia("(pointer: coarse)").matches;
  document.getElementById("camera").hidden = !matchMedia("(pointer: coarse)").matches;
};

const showPreview = (box) => {
  const known = store.read();
  if (!known || known.id !== box.dataset.preview) return;
  showIn(box, known.address, "Your picture");
  const details = box.closest("[data-with-preview]");
  if (details) details.hidden = false;
};

const fill = (event) => {
  event.preventDefault();
  const { form } = event.currentTarget;
  for (const [name, value] of new URLSearchParams(event.currentTarget.dataset.fill)) {
    if (value) form.elements[name].value = value;
  }
  form.elements[[...new URLSearchParams(event.currentTarget.dataset.fill).keys()][0]].focus();
};

const form = document.getElementById("show");
if (form) startForm(form);
document.querySelectorAll("[data-preview]").forEach(showPreview);
document.querySelectorAll("[data-fill]").forEach((one) => one.addEventListener("click", fill));
document.querySelectorAll("[data-forgets]").forEach((one) => one.addEventListener("submit", store.clear));
const { parents, event: happened, goal } = document.body.dataset;
if (parents && window.parent !== window) {
  for (const origin of parents.split(" ")) {
    window.parent.postMessage({ pixonomy: { event: happened, goal: goal || null } }, origin);
  }
}
