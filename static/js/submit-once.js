// A second click on a sent form does nothing. The server refuses it too; this only spares the sentence.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) return event.preventDefault();
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 4000);
}, true);
document.addEventListener("htmx:afterRequest", (event) => {
  if (event.target instanceof HTMLFormElement) delete event.target.dataset.sent;
});
// Back brings a page from memory: its forms may be sent again, and the server decides.
addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));
