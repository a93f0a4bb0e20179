// Keys of the search page, what is picked, and searching inside a long facet.

const hits = () => [...document.querySelectorAll(".hit")];
const current = () => document.activeElement?.closest?.(".hit");
const boxes = () => [...document.querySelectorAll('.hit input[name="study"]')];

function move(step) {
  const all = hits();
  const next = all[Math.max(0, Math.min(all.length - 1, all.indexOf(current()) + step))];
  next?.querySelector(".description").focus();
  next?.scrollIntoView({ block: "nearest" });
}

function count() {
  const picked = boxes().filter((box) => box.checked).length;
  const form = document.querySelector("[data-pick]");
  if (!form) return;
  form.querySelector("[data-picked-none]").hidden = picked > 0;
  form.querySelector("[data-picked-some]").hidden = picked === 0;
  form.querySelector("[data-picked-number]").textContent = picked;
  const button = form.querySelector("[data-retrieve]");
  button.classList.toggle("primary", picked > 0);
  button.setAttribute("aria-disabled", String(picked === 0));
  const all = form.querySelector("[data-all]");
  all.hidden = false;
  all.firstElementChild.checked = picked > 0 && picked === boxes().length;
  all.firstElementChild.indeterminate = picked > 0 && picked < boxes().length;
}

const keys = {
  "/": () => { const field = document.getElementById("q"); field.focus(); field.select(); },
  j: () => move(1),
  k: () => move(current() ? -1 : 0),
  x: () => current()?.querySelector('input[name="study"]').click(),
  r: () => document.querySelector("[data-retrieve]")?.click(),
  "?": () => document.getElementById("keys").showModal(),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const typing = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (typing && event.key === "Escape") { event.preventDefault(); return event.target.blur(); }
  if (typing || document.querySelector("dialog[open]")) return;
  if (event.key === "Enter" && event.target.matches('.hit input[type="checkbox"]')) {
    event.preventDefault();
    return current().querySelector(".description").click();
  }
  const action = keys[event.key];
  if (action) { event.preventDefault(); action(); }
});

document.addEventListener("change", (event) => {
  if (event.target.closest("[data-all]")) boxes().forEach((box) => { box.checked = event.target.checked; });
  count();
});

document.addEventListener("submit", (event) => {
  if (event.target.matches("[data-pick]") && !boxes().some((box) => box.checked)) {
    event.preventDefault();
    boxes()[0]?.focus();
  }
});

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-within]")) return;
  const wanted = event.target.value.toLowerCase();
  for (const row of event.target.parentElement.querySelectorAll("li"))
    row.hidden = !row.querySelector(".take").textContent.toLowerCase().includes(wanted);
});

function ready() {
  document.querySelectorAll("[data-within]").forEach((field) => { field.hidden = false; });
  const narrow = matchMedia("(max-width: 899px)").matches;
  document.querySelectorAll("[data-open-wide]").forEach((box) => { box.open = !narrow; });
  count();
}

document.addEventListener("radquarry:swapped", ready);
ready();
