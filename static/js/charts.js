// Draws the server's charts again with uPlot: sharp at every width, with the value under the pointer, and updated in place.
// The SVG beside each one stays as it is, for paper and where this does not run. Styles are set through the DOM only.

const TONES = ["line", "bad", "healthy", "threshold", "axis", "grid"];
const HEIGHT = 130;
const drawn = new WeakMap();

// The tokens speak two themes; a canvas needs the one colour that holds now.
function colours(host) {
  const found = {};
  for (const tone of TONES) {
    let probe = host.querySelector(`:scope > .tone.${tone}`);
    if (!probe) host.append((probe = Object.assign(document.createElement("span"), { className: `tone ${tone}` })));
    found[tone] = getComputedStyle(probe).color;
  }
  return found;
}

function clock(seconds) {
  return new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", hour12: false });
}

function shown(value, unit) {
  return value === null || value === undefined ? "no data" : `${Number(value.toFixed(value < 10 ? 2 : 1))} ${unit}`;
}

// Behind the line: where nothing was measured, and what counts as healthy.
function drawBehind(chart) {
  const { ctx, bbox } = chart;
  const { series, tone } = chart.own;
  ctx.save();
  ctx.globalAlpha = 0.14;
  if (series.healthy !== null) {
    const top = Math.max(bbox.top, chart.valToPos(series.healthy, "y", true));
    ctx.fillStyle = tone.healthy;
    ctx.fillRect(bbox.left, top, bbox.width, bbox.top + bbox.height - top);
  }
  ctx.fillStyle = tone.axis;
  for (const [from, to] of series.gaps) {
    const left = Math.max(bbox.left, chart.valToPos(from, "x", true));
    ctx.fillRect(left, bbox.top, Math.min(bbox.left + bbox.width, chart.valToPos(to, "x", true)) - left, bbox.height);
  }
  ctx.restore();
}

function drawLine(ctx, colour, dash, from, to) {
  ctx.strokeStyle = colour;
  ctx.setLineDash(dash);
  ctx.beginPath();
  ctx.moveTo(...from);
  ctx.lineTo(...to);
  ctx.stroke();
}

// Before the line: thresholds, deploys and rollbacks with their words; words that would touch stand one below the other.
function drawFront(chart) {
  const { ctx, bbox } = chart;
  const { series, tone } = chart.own;
  const scale = devicePixelRatio;
  const right = bbox.left + bbox.width;
  ctx.save();
  ctx.font = `${10 * scale}px sans-serif`;
  ctx.lineWidth = scale;
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  for (const limit of series.limits) {
    const y = chart.valToPos(limit.value, "y", true);
    drawLine(ctx, tone.threshold, [5 * scale, 4 * scale], [bbox.left, y], [right, y]);
  }
  ctx.textAlign = "right";
  ctx.textBaseline = "bottom";
  const named = [];
  for (const kept of series.references) {
    const y = chart.valToPos(kept.value, "y", true);
    if (y < bbox.top) continue;
    drawLine(ctx, tone.axis, [scale, 4 * scale], [bbox.left, y], [right, y]);
    if (named.some((one) => Math.abs(one - y) < 11 * scale)) continue;
    named.push(y);
    ctx.fillStyle = tone.axis;
    ctx.fillText(kept.label, right, y);
  }
  ctx.textAlign = "left";
  ctx.textBaseline = "top";
  const taken = [];
  for (const mark of series.marks) {
    const x = chart.valToPos(mark.at, "x", true);
    drawLine(ctx, mark.rollback ? tone.line : tone.axis, mark.rollback ? [] : [4 * scale, 4 * scale], [x, bbox.top], [x, bbox.top + bbox.height]);
    const wide = ctx.measureText(mark.label).width + 8 * scale;
    const left = x + wide > right ? x - wide : x;
    let row = 0;
    while (taken.some((one) => one.row === row && left < one.to && one.from < left + wide)) row += 1;
    if (row > 3) continue;
    taken.push({ row, from: left, to: left + wide });
    ctx.fillStyle = tone.axis;
    ctx.fillText(mark.label, left + 4 * scale, bbox.top + row * 12 * scale);
  }
  ctx.restore();
}

function read(chart) {
  const { series, reading } = chart.own;
  const at = chart.cursor.idx;
  reading.hidden = at === null || at === undefined;
  if (!reading.hidden) reading.textContent = `${clock(series.times[at])} · ${shown(series.values[at], series.unit)}`;
}

function begin(figure, host, series) {
  const own = { series, tone: colours(host), reading: Object.assign(document.createElement("span"), { className: "reading", hidden: true }) };
  const axis = { stroke: () => own.tone.axis, grid: { stroke: () => own.tone.grid, width: 1 }, ticks: { show: false }, font: "10px sans-serif" };
  const options = {
    width: host.clientWidth,
    height: HEIGHT,
    padding: [6, 8, 0, 0],
    legend: { show: false },
    cursor: { y: false, drag: { x: false, y: false } },
    scales: { x: { time: true, range: () => [own.series.from, own.series.to] }, y: { range: () => [0, own.series.top || 1] } },
    axes: [
      { ...axis, size: 22, space: 60, values: (_, splits) => splits.map(clock) },
      { ...axis, size: 46, space: 30, values: (_, splits) => splits.map((value) => shown(value, own.series.unit)) },
    ],
    series: [{}, { stroke: () => (own.series.bad ? own.tone.bad : own.tone.line), width: 2, spanGaps: false, points: { show: false } }],
    hooks: { init: [(chart) => (chart.own = own)], drawClear: [drawBehind], draw: [drawFront], setCursor: [read] },
  };
  const chart = new window.uPlot(options, [series.times, series.values], host);
  host.append(own.reading);
  drawn.set(host, chart);
}

function draw(figure) {
  const host = figure.querySelector(".drawn");
  const text = figure.dataset.chart;
  if (!host || !text) return;
  const series = JSON.parse(text);
  figure.classList.add("is-drawn");
  host.hidden = false;
  host.setAttribute("aria-label", figure.querySelector("svg.chart")?.getAttribute("aria-label") || "");
  const chart = drawn.get(host);
  if (!chart) return begin(figure, host, series);
  if (chart.own.text === text) return;
  Object.assign(chart.own, { series, text, tone: colours(host) });
  chart.setData([series.times, series.values]);
}

function drawAll() {
  if (!window.uPlot) return;
  for (const figure of document.querySelectorAll("figure[data-chart]")) draw(figure);
}

function fit() {
  for (const host of document.querySelectorAll("figure.is-drawn > .drawn")) {
    const chart = drawn.get(host);
    if (chart && host.clientWidth && chart.width !== host.clientWidth) chart.setSize({ width: host.clientWidth, height: HEIGHT });
  }
}

function repaint() {
  for (const host of document.querySelectorAll("figure.is-drawn > .drawn")) {
    const chart = drawn.get(host);
    if (!chart) continue;
    chart.own.tone = colours(host);
    chart.redraw();
  }
}

document.addEventListener("htmx:afterSettle", drawAll);
window.addEventListener("resize", fit);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
drawAll();
