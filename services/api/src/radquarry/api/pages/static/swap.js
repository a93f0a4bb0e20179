// Results without a full reload: fetches the page that a marked form or link leads to, and puts its parts in place.

const parts = () => [...document.querySelectorAll("[data-part]")];
let underway = null;

async function show(address, { push = true, focus = false } = {}) {
  underway?.abort();
  underway = new AbortController();
  document.documentElement.toggleAttribute("data-loading", true);
  try {
    const response = await fetch(address, { signal: underway.signal, headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    if (!response.ok || !fresh.getElementById("found")) return location.assign(address);
    for (const part of parts()) {
      const replacement = fresh.getElementById(part.id);
      if (replacement) part.replaceWith(document.adoptNode(replacement));
    }
    const field = document.getElementById("q"), now = fresh.getElementById("q");
    field.toggleAttribute("aria-invalid", now.hasAttribute("aria-invalid"));
    if (document.activeElement !== field) field.value = now.value;
    document.title = fresh.title;
    if (push) history.pushState(null, "", response.url);
    document.dispatchEvent(new CustomEvent("radquarry:swapped"));
    if (focus) scrollTo({ top: 0 });
    document.querySelector("[data-away]").hidden = true;
  } catch (error) {
    if (error.name !== "AbortError") document.querySelector("[data-away]").hidden = false;
  } finally {
    document.documentElement.toggleAttribute("data-loading", false);
  }
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-swap]")) return;
  event.preventDefault();
  const wanted = new URL(form.action);
  wanted.search = new URLSearchParams([...new FormData(form)].filter(([name, value]) => value !== "" || name === "last")).toString();
  show(wanted.href);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-swap]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(link.getAttribute("href"), { focus: Boolean(link.closest(".paging")) });
});

document.addEventListener("radquarry:go", (event) => show(event.detail));
addEventListener("popstate", () => show(location.href, { push: false }));
