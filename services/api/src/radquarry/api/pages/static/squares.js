// Arrow keys in grids of squares, so that a year of days or a thousand studies is one stop of the Tab key.

const squares = (grid) => [...grid.querySelectorAll("a")];

document.addEventListener("keydown", (event) => {
  const link = event.target.closest?.("[data-squares] a");
  if (!link || !event.key.startsWith("Arrow")) return;
  const all = squares(link.closest("[data-squares]")), here = link.getBoundingClientRect();
  const vertical = event.key === "ArrowUp" || event.key === "ArrowDown";
  const forward = event.key === "ArrowDown" || event.key === "ArrowRight";
  const ahead = all.filter((other) => {
    const there = other.getBoundingClientRect(), by = vertical ? there.y - here.y : there.x - here.x;
    const beside = Math.abs(vertical ? there.x - here.x : there.y - here.y) < 2;
    return beside && (forward ? by > 1 : by < -1);
  });
  const next = forward ? ahead[0] : ahead.at(-1);
  if (!next) return;
  event.preventDefault();
  all.forEach((each) => { each.tabIndex = -1; });
  next.tabIndex = 0;
  next.focus();
});
