// Output that grows stays scrolled to its end, until somebody scrolls up to read; back at the end it follows again.
const NEAR = 40;
const left = new WeakSet();

document.addEventListener("scroll", (event) => {
  const box = event.target;
  if (!(box instanceof Element) || !box.matches("[data-follow]")) return;
  if (box.scrollHeight - box.scrollTop - box.clientHeight > NEAR) left.add(box);
  else left.delete(box);
}, true);

function follow() {
  for (const box of document.querySelectorAll("[data-follow]")) if (!left.has(box)) box.scrollTop = box.scrollHeight;
}

document.addEventListener("htmx:afterSettle", follow);
follow();
