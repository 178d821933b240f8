// Live parts re-fetch themselves when the server says that something happened.
// One event stream a tab for all [sse-connect] topics on the page, closed while the tab is hidden: browsers allow only six
// connections to one address, and an incident means many tabs. Elements listen with hx-trigger="sse:<name>, every 30s".

const state = document.querySelector("[data-live-state]");
let source = null;
let connected = "";
let names = new Set();

function topics() {
  const found = new Set();
  for (const element of document.querySelectorAll("[sse-connect]")) {
    for (const topic of new URL(element.getAttribute("sse-connect"), location.href).searchParams.getAll("topic")) found.add(topic);
  }
  return [...found].sort();
}

// What is rung while a part fetches is fetched again afterwards. htmx has a queue for that, but forgets it when the answer
// changes the part's own attributes.
const busy = new Set();
const again = new Map();

function wake(name) {
  for (const element of document.querySelectorAll(`[hx-trigger*="sse:${CSS.escape(name)}"]`)) {
    if (busy.has(element)) again.set(element, name);
    else htmx.trigger(element, `sse:${name}`);
  }
}

document.addEventListener("htmx:beforeRequest", (event) => busy.add(event.detail.elt));
document.addEventListener("htmx:afterRequest", (event) => {
  const element = event.detail.elt;
  busy.delete(element);
  const name = again.get(element);
  again.delete(element);
  if (name) setTimeout(() => htmx.trigger(element, `sse:${name}`));
});

function say(word) {
  if (state) state.dataset.liveState = word;
  // One banner is enough: when a part is down, that one says more.
  const known = document.querySelector(".banner[role=alert]:not([hidden])");
  if (state) state.textContent = word === "broken" && !known ? state.dataset.broken : "";
}

function connect() {
  const wanted = topics();
  const url = wanted.length && !document.hidden ? `/live/?${wanted.map((topic) => `topic=${encodeURIComponent(topic)}`).join("&")}` : "";
  if (url === connected && source && source.readyState !== EventSource.CLOSED) return;
  if (source) source.close();
  source = null;
  connected = url;
  if (!url) return;
  names = new Set(wanted.map((topic) => topic.replaceAll(":", "-")));
  source = new EventSource(url);
  source.onopen = () => {
    say("open");
    // What was rung between the page's rendering and this moment is lost: every part asks once.
    names.forEach(wake);
  };
  source.onerror = () => say("broken");
  for (const name of names) source.addEventListener(name, () => wake(name));
}

document.addEventListener("visibilitychange", () => {
  const slept = connected === "";
  connect();
  if (!document.hidden && slept) names.forEach(wake);
});
document.addEventListener("htmx:afterSettle", connect);
// A closed stream (the server restarted, the session ended) is tried again slowly; meanwhile the page polls.
setInterval(connect, 5000);
connect();

// Parts change in place: what a person opened, typed or chose stays. A form that somebody has begun is left alone until the
// answer to that very form comes; its hidden state then still says what it was drawn from.
let answered = null;

function isBegun(form) {
  return [...form.elements].some((control) => {
    if (control instanceof HTMLSelectElement) return [...control.options].some((option) => option.selected !== option.defaultSelected && option.defaultSelected);
    if (control.type === "checkbox" || control.type === "radio") return control.checked !== control.defaultChecked;
    return "defaultValue" in control && control.value !== control.defaultValue;
  });
}

if (window.Idiomorph) {
  const callbacks = window.Idiomorph.defaults.callbacks;
  callbacks.beforeAttributeUpdated = (name, element) => !(name === "open" && ["DETAILS", "DIALOG"].includes(element.tagName));
  callbacks.beforeNodeMorphed = (old) => {
    if (old instanceof HTMLFormElement) return old === answered || !isBegun(old);
    return !(old instanceof Element && old.matches("[data-keep]"));
  };
}
document.addEventListener("htmx:beforeSwap", (event) => (answered = event.detail.requestConfig.elt));
document.addEventListener("htmx:afterSwap", () => (answered = null));

// One voice: a live part says its state in data-says; the change is announced once, not the seconds.
const voice = document.getElementById("voice");
let said = document.querySelector("[data-says]")?.dataset.says;
document.addEventListener("htmx:afterSettle", () => {
  const says = document.querySelector("[data-says]")?.dataset.says;
  if (voice && says && says !== said) voice.textContent = says;
  said = says;
});

// The session ended: keep the page and what was written on it, and say so.
document.addEventListener("htmx:beforeSwap", (event) => {
  const address = event.detail.xhr.responseURL || "";
  if (!address.includes("/sign-in/") || location.pathname.startsWith("/sign-in/")) return;
  event.detail.shouldSwap = false;
  const notice = document.getElementById("signed-out");
  if (notice) notice.hidden = false;
});
// A cut line keeps the form as it is; one sentence says that nothing was sent.
document.addEventListener("htmx:sendError", (event) => {
  if (event.detail.requestConfig?.verb === "get") return say("broken");
  const notice = document.getElementById("not-sent");
  if (notice) notice.hidden = false;
});
