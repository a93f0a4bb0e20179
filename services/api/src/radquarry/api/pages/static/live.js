// Progress as it happens: every event fetches the page again (at most once a second) and puts its parts in place.

const away = document.querySelector("[data-away]");
let waiting = false, again = false;

async function refresh() {
  if (waiting) { again = true; return; }
  waiting = true;
  try {
    const response = await fetch(location.href, { headers: { Accept: "text/html" } });
    if (response.status >= 500) away.hidden = false;
    if (!response.ok) return;
    const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
    const focused = document.activeElement?.closest("[data-part]")?.id;
    for (const part of document.querySelectorAll("[data-part]")) {
      const replacement = fresh.getElementById(part.id);
      if (replacement && !(part.id === focused && part.outerHTML === replacement.outerHTML)) put(part, document.adoptNode(replacement));
    }
    document.dispatchEvent(new CustomEvent("radquarry:swapped"));
    away.hidden = true;
  } catch {
    away.hidden = false;
  } finally {
    setTimeout(() => { waiting = false; if (again) { again = false; refresh(); } }, 1000);
  }
}

function put(part, replacement) {
  const holder = document.activeElement, open = [...part.querySelectorAll("details")].map((each) => each.open);
  if (part.querySelector("button:active") || (part.dataset.every && part.contains(holder) && holder.matches("button, input, summary"))) return;
  [...replacement.querySelectorAll("details")].forEach((each, place) => { each.open = open[place] ?? each.open; });
  if (part.outerHTML === replacement.outerHTML) return;
  const mark = (each) => each.getAttribute("href") ?? each.dataset.keep, held = holder && part.contains(holder) ? mark(holder) : null;
  part.replaceWith(replacement);
  if (held) [...replacement.querySelectorAll("a, [data-keep]")].find((each) => mark(each) === held)?.focus();
}

const place = document.querySelector("[data-live]");
if (place) {
  const source = new EventSource(place.dataset.live);
  source.addEventListener("progress", refresh);
  source.addEventListener("end", () => { source.close(); refresh(); });
  source.addEventListener("open", () => { away.hidden = true; });
  source.addEventListener("error", () => { if (source.readyState !== EventSource.CLOSED) away.hidden = false; });
  addEventListener("pagehide", () => source.close());
}

const timed = [...document.querySelectorAll("[data-every]")].map((part) => Number(part.dataset.every));
if (timed.length) setInterval(() => { if (!document.hidden) refresh(); }, Math.min(...timed) * 1000);
