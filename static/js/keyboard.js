// Keys: "/" note, Ctrl+Enter post, j k Enter in lists, "g i" incidents, "?" help, Ctrl+K go to. Never one key for a destructive act.

const places = { i: "/", p: "/plans/", d: "/drills/", r: "/reports/", h: "/health/" };
let before = "";

const isTyping = (target) => target.closest("input, textarea, select, [contenteditable]") !== null;

function move(by) {
  const rows = [...document.querySelectorAll("[data-list] a[data-row]")];
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  rows[Math.min(rows.length - 1, Math.max(0, at + by))].focus();
}

function open(id) {
  const dialog = document.getElementById(id);
  if (!dialog || dialog.open) return;
  dialog.showModal();
  dialog.querySelector("input")?.focus();
}

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter") return event.target.closest("form")?.requestSubmit();
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return open("go-to");
  }
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (event.key === "?") return open("keys");
  if (event.key === "j") move(1);
  if (event.key === "k") move(-1);
  if (event.key === "/") {
    const note = document.querySelector("[data-note]");
    if (note) event.preventDefault();
    note?.focus();
  }
  if (before === "g" && places[event.key]) location.href = places[event.key];
  before = event.key;
});

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-opens]");
  if (opener) open(opener.dataset.opens);
  event.target.closest("[data-closes]")?.closest("dialog")?.close();
  // One menu at a time; a click outside closes it.
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
});

const search = document.querySelector("#go-to input");
search?.addEventListener("input", () => {
  const wanted = search.value.trim().toLowerCase();
  for (const item of document.querySelectorAll("#go-to li")) item.hidden = !item.textContent.toLowerCase().includes(wanted);
});
search?.addEventListener("keydown", (event) => {
  if (event.key === "Enter") document.querySelector("#go-to li:not([hidden]) a")?.click();
});
