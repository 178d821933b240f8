// Ticks every <time data-clock>. The server wrote the first text, so the page is right without this file.
//   plus   T+11:36   counts up from datetime       since  2:04       counts up from datetime
//   until  3:24      counts down to datetime, then "0:12 late"       age    4 s ago, grey once older than data-stale seconds
// <progress data-from data-to> fills between two moments.

const asked = document.querySelector('meta[name="server-now"]');
// The domain's clock, not this machine's: a laptop may be minutes off, and tests move the domain's clock.
const offset = asked ? Date.parse(asked.content) - Date.now() : 0;
const now = () => Date.now() + offset;

function duration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ${String(Math.floor((s % 3600) / 60)).padStart(2, "0")} min`;
  return `${Math.floor(s / 86400)} d ${Math.floor((s % 86400) / 3600)} h`;
}

function age(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  if (s < 2) return "just now";
  if (s < 60) return `${s} s ago`;
  if (s < 3600) return `${Math.floor(s / 60)} min ago`;
  if (s < 86400) return `${Math.floor(s / 3600)} h ago`;
  return `${Math.floor(s / 86400)} d ago`;
}

function textOf(element) {
  const seconds = (now() - Date.parse(element.dateTime)) / 1000;
  switch (element.dataset.clock) {
    case "plus": return `T${seconds < 0 ? "−" : "+"}${duration(Math.abs(seconds))}`;
    case "since": return duration(seconds);
    case "until": return seconds > 0 ? `${duration(seconds)} late` : duration(-seconds);
    default: return age(seconds);
  }
}

function tick() {
  for (const element of document.querySelectorAll("time[data-clock]")) {
    const text = textOf(element);
    if (element.textContent !== text) element.textContent = text;
    const seconds = (now() - Date.parse(element.dateTime)) / 1000;
    if (element.dataset.clock === "until") element.classList.toggle("tone", seconds > 0);
    if (element.dataset.clock === "until") element.classList.toggle("is-late", seconds > 0);
    if (element.dataset.stale) element.classList.toggle("stale", seconds > Number(element.dataset.stale));
  }
  for (const bar of document.querySelectorAll("progress[data-from][data-to]")) {
    const from = Date.parse(bar.dataset.from);
    const to = Date.parse(bar.dataset.to);
    bar.value = Math.min(1, Math.max(0, (now() - from) / (to - from))) * bar.max;
    bar.classList.toggle("is-late", now() > to && "promise" in bar.dataset);
  }
}

// The tab's title carries T+ in minutes: many tabs are open at 3 a.m.
const title = document.title.replace(/^● /, "");
function tickTitle() {
  const since = document.querySelector("[data-title-clock]")?.dataset.titleClock;
  if (since) document.title = `● T+${Math.max(0, Math.floor((now() - Date.parse(since)) / 60000))} ${title}`;
}

tickTitle();
setInterval(tickTitle, 15000);
tick();
setInterval(tick, 1000);
document.addEventListener("htmx:afterSettle", tick);
