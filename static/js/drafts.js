// Text is never lost: every [data-draft] control is kept in this browser until the server says that it was saved.
// A page that comes after a successful post carries <… data-saved="key">, and only then the kept text goes.

const name = (key) => `firebreak-draft:${key}`;

function forgetSaved() {
  for (const element of document.querySelectorAll("[data-saved]")) localStorage.removeItem(name(element.dataset.saved));
}

function restore(control) {
  const kept = localStorage.getItem(name(control.dataset.draft));
  if (kept === null || kept === control.value || "restored" in control.dataset) return;
  control.dataset.restored = "";
  control.value = kept;
  const fold = control.closest("details");
  if (fold) fold.open = true;
  const notice = document.createElement("p");
  notice.className = "kept";
  notice.setAttribute("role", "status");
  notice.textContent = "What you wrote here before was kept in this browser; it is not sent yet.";
  control.insertAdjacentElement("afterend", notice);
}

function restoreAll() {
  forgetSaved();
  document.querySelectorAll("[data-draft]").forEach(restore);
}

document.addEventListener("input", (event) => {
  const key = event.target.dataset?.draft;
  if (!key) return;
  if (event.target.value === "") localStorage.removeItem(name(key));
  else localStorage.setItem(name(key), event.target.value);
});
document.addEventListener("htmx:afterSettle", forgetSaved);
restoreAll();
