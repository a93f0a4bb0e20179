// Painting the hours of a week: drag over a rectangle, or move with the arrow keys and hold Shift to paint.

const HOURS = 24;
const board = document.querySelector("[data-paint]");
const boxes = board ? [...board.querySelectorAll("input")] : [];
const at = (box) => { const place = boxes.indexOf(box); return [Math.floor(place / HOURS), place % HOURS]; };
let first = null, before = null, dragged = false;

function reach(box) {
  boxes.forEach((each) => { each.tabIndex = each === box ? 0 : -1; });
}

function fill(last) {
  const [a, b] = [at(first), at(last)];
  boxes.forEach((each, place) => {
    const [day, hour] = at(each);
    const inside = day >= Math.min(a[0], b[0]) && day <= Math.max(a[0], b[0]) && hour >= Math.min(a[1], b[1]) && hour <= Math.max(a[1], b[1]);
    each.checked = inside ? !before[boxes.indexOf(first)] : before[place];
  });
}

function move(box, key) {
  const [day, hour] = at(box);
  const [down, right] = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] }[key];
  const sideways = getComputedStyle(board).gridAutoFlow.startsWith("column");
  const [d, h] = sideways ? [day + right, hour + down] : [day + down, hour + right];
  return d >= 0 && d < 7 && h >= 0 && h < HOURS ? boxes[d * HOURS + h] : null;
}

if (board) {
  reach(boxes[0]);
  board.addEventListener("focusin", (event) => reach(event.target));
  board.addEventListener("keydown", (event) => {
    if (!event.key.startsWith("Arrow") || !boxes.includes(event.target)) return;
    event.preventDefault();
    const next = move(event.target, event.key);
    if (!next) return;
    if (event.shiftKey) next.checked = event.target.checked;
    next.focus();
  });
  board.addEventListener("pointerdown", (event) => {
    if (event.button || event.pointerType === "touch" || !boxes.includes(event.target)) return;
    [first, dragged] = [event.target, false];
    before = boxes.map((each) => each.checked);
  });
  board.addEventListener("pointerover", (event) => {
    if (!first || !event.buttons || !boxes.includes(event.target)) return;
    dragged ||= event.target !== first;
    if (dragged) fill(event.target);
  });
  board.addEventListener("click", (event) => {
    if (dragged) event.preventDefault();
    dragged = false;
  });
  addEventListener("pointerup", (event) => {
    first = null;
    if (!board.contains(event.target)) dragged = false;
  });
  board.addEventListener("dragstart", (event) => event.preventDefault());
}
