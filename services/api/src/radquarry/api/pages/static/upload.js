// Files and folders to drop, each with its own progress. Without script the form does the same with its file field.

const form = document.querySelector("form[data-upload]");
const one = (mark) => form.querySelector(`[data-${mark}]`);
const MOST_ROWS = 200;
const picked = [], rows = new Map();
let sending = null;

const word = (name, values) => Object.entries(values).reduce((text, [key, value]) => text.replace(`[${key}]`, value), one(`word-${name}`).textContent);
const size = (bytes) => {
  const [unit, factor] = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]].find(([, least]) => bytes >= least) ?? ["B", 1];
  return `${factor === 1 ? bytes : (bytes / factor).toFixed(1)}\u00a0${unit}`;
};
const whole = () => picked.reduce((sum, each) => sum + each.file.size, 0);

function show() {
  const list = one("uploads-list");
  one("uploads").hidden = picked.length === 0;
  one("uploads-sum").textContent = word(picked.length === 1 ? "file" : "files", { n: picked.length.toLocaleString("en").replaceAll(",", "\u202f"), size: size(whole()) });
  one("uploads-more").textContent = picked.length > MOST_ROWS ? word("more", { n: picked.length - MOST_ROWS }) : "";
  list.replaceChildren();
  rows.clear();
  for (const each of picked.slice(0, MOST_ROWS)) {
    const row = one("upload-row").content.cloneNode(true).firstElementChild;
    row.querySelector(".upload-name").textContent = each.path;
    row.querySelector(".upload-size").textContent = size(each.file.size);
    row.querySelector("[data-look]")?.addEventListener("click", () => look(each));
    row.querySelector("[data-leave-out]").addEventListener("click", () => { picked.splice(picked.indexOf(each), 1); show(); });
    rows.set(each, row);
    list.append(row);
  }
  form.elements.files.required = picked.length === 0;
  complain(picked.length > form.dataset.mostFiles || whole() > form.dataset.mostBytes ? word("large", {}) : "");
}

function complain(sentence) {
  const place = one("upload-problem");
  place.firstElementChild.textContent = sentence;
  place.firstElementChild.lang = document.documentElement.lang;
  place.hidden = !sentence;
}

function take(files) {
  for (const { file, path } of files) if (!file.name.startsWith(".")) picked.push({ file, path: path || file.webkitRelativePath || file.name });
  show();
}

async function within(entry) {
  if (entry.isFile) return [{ file: await new Promise((good, bad) => entry.file(good, bad)), path: entry.fullPath.slice(1) }];
  const reader = entry.createReader(), found = [];
  for (;;) {
    const some = await new Promise((good, bad) => reader.readEntries(good, bad));
    if (!some.length) return found;
    for (const each of some) found.push(...await within(each));
  }
}

function progress(loaded, total, files = picked) {
  one("uploads-progress").value = total ? loaded / total : 0;
  let before = Math.max(0, total - files.reduce((sum, each) => sum + each.file.size, 0));
  for (const each of files) {
    const row = rows.get(each), share = each.file.size ? Math.min(1, Math.max(0, (loaded - before) / each.file.size)) : Number(loaded > before);
    before += each.file.size;
    row?.style.setProperty("--sent", share);
    row?.toggleAttribute("data-sent", share === 1);
  }
}

function busy(on) {
  form.toggleAttribute("data-sending", on);
  for (const control of form.querySelectorAll("button:not([data-upload-stop]), input, select, textarea")) control.disabled = on;
  one("uploads-progress").hidden = one("upload-stop").hidden = !on;
}

const sendAll = () => send(form.action, picked, (address) => location.assign(address));

// The list stays: what a profile would do to one file of it is looked at in a tab of its own.
function look(each) {
  one("looked").hidden = true;
  send("/tools/previews", [each], (address) => {
    busy(false);
    progress(0, 0);
    const link = one("looked").querySelector("a");
    link.href = address;
    link.querySelector("bdi").textContent = each.path;
    one("looked").hidden = false;
    link.focus();
  });
}

function send(action, files, taken) {
  const content = new FormData(form), progressed = (loaded, total) => progress(loaded, total, files);
  content.delete("files");
  for (const { file, path } of files) content.append("files", file, path);
  sending = new XMLHttpRequest();
  sending.open("POST", action);
  sending.setRequestHeader("Accept", "text/html");
  sending.responseType = "document";
  sending.upload.addEventListener("progress", (event) => progressed(event.loaded, event.total));
  sending.addEventListener("load", () => {
    if (sending.status === 200 && !sending.responseURL.endsWith(action)) return taken(sending.responseURL);
    busy(false);
    progress(0, 0);
    complain(sending.response?.querySelector("[role=alert]:not([hidden], [data-away]), .error-page p:not(.status)")?.textContent.trim() || word("broken", {}));
  });
  for (const end of ["error", "timeout"]) sending.addEventListener(end, () => { busy(false); progress(0, 0); complain(word("broken", {})); });
  sending.addEventListener("abort", () => { busy(false); progress(0, 0); });
  busy(true);
  sending.send(content);
}

if (form) {
  const drop = one("drop");
  form.toggleAttribute("data-scripted", true);
  one("drop-words").hidden = one("with-script").hidden = false;
  for (const field of [form.elements.files, one("folder")]) field.addEventListener("change", () => { take([...field.files].map((file) => ({ file }))); field.value = ""; });
  one("uploads-clear").addEventListener("click", () => { picked.length = 0; show(); });
  one("upload-stop").addEventListener("click", () => sending?.abort());
  form.addEventListener("submit", (event) => { if (picked.length) { event.preventDefault(); sendAll(); } });
  for (const name of ["dragenter", "dragover"]) drop.addEventListener(name, (event) => { event.preventDefault(); drop.toggleAttribute("data-over", true); });
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.toggleAttribute("data-over", false));
  drop.addEventListener("drop", async (event) => {
    event.preventDefault();
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean), plain = [...event.dataTransfer.files];
    take(entries.length ? (await Promise.all(entries.map(within))).flat() : plain.map((file) => ({ file })));
  });
  addEventListener("beforeunload", (event) => { if (form.hasAttribute("data-sending")) event.preventDefault(); });
}
