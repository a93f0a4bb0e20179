// Dragging over the months narrows the search to them; a plain click goes to the one month.

let first = null;

const bars = (figure) => [...figure.querySelectorAll("[data-first]")];

function spanned(figure, a, b) {
  const all = bars(figure), [from, to] = [all.indexOf(a), all.indexOf(b)].sort((x, y) => x - y);
  return all.slice(from, to + 1);
}

const barAt = (event) => event.target.closest?.("[data-first]");

document.addEventListener("pointerdown", (event) => {
  const bar = event.button === 0 && barAt(event);
  if (!bar || event.pointerType === "touch") return;
  first = bar;
  event.preventDefault();
});

document.addEventListener("pointermove", (event) => {
  const figure = first?.closest("[data-brush]"), bar = barAt(event);
  if (!figure || !bar || !figure.contains(bar)) return;
  const chosen = new Set(spanned(figure, first, bar));
  bars(figure).forEach((each) => each.classList.toggle("brushed", chosen.has(each)));
});

document.addEventListener("pointerup", (event) => {
  const figure = first?.closest("[data-brush]"), bar = barAt(event), begun = first;
  first = null;
  if (!figure) return;
  const last = bar && figure.contains(bar) ? bar : null;
  bars(figure).forEach((each) => each.classList.remove("brushed"));
  if (!last || last === begun) return;
  const chosen = spanned(figure, begun, last), wanted = new URL(location.href);
  for (const name of ["after", "last", "study_date_from", "study_date_to"]) wanted.searchParams.delete(name);
  wanted.searchParams.set("study_date", `${chosen[0].dataset.first}..${chosen.at(-1).dataset.last}`);
  document.dispatchEvent(new CustomEvent("radquarry:go", { detail: wanted.href }));
});

document.addEventListener("dragstart", (event) => { if (event.target.closest?.("[data-brush]")) event.preventDefault(); });
