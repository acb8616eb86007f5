/** A picture of a series over time: lines and bars, sales shaded, pins as ticks. */

import { html } from "../../../pages/shared/html.js";
import { number, t, timeOfDay } from "../../../pages/shared/i18n.js";

const WIDE = 1_000; // the picture's own units; it is as wide as there is room
const HIGH = 100;
const BAR_SHARE = 0.8; // of a step
const TIMES_MAX = 5;
const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440].map((minutes) => minutes * 60_000);
const EDGE = 0.04; // of the width: a time nearer to it would be cut off
const ROOM = 1.1; // above the highest value

const plain = (value) => number(value);

/** The instants at which the time is written: whole minutes, hours or days of the clock here. */
function timesOf({ from, to }) {
  const step = MINUTES.find((each) => (to - from) / each <= TIMES_MAX) ?? MINUTES.at(-1);
  const shift = new Date(from).getTimezoneOffset() * 60_000;
  const first = Math.ceil((from - shift) / step) * step + shift;
  const count = Math.max(0, Math.floor((to - first) / step) + 1);
  return Array.from({ length: count }, (_, index) => first + index * step);
}

/** Return where an instant and a value are in the picture. */
function scaleOf({ from, to }, high) {
  return {
    x: (atMs) => ((Math.min(Math.max(atMs, from), to) - from) / Math.max(1, to - from)) * WIDE,
    y: (value) => HIGH - (value / high) * HIGH,
  };
}

/** The points of a line, in pieces where nothing was sampled. */
function piecesOf(series, of, { x, y }) {
  const pieces = [[]];
  for (const point of series) {
    const value = of(point);
    if (value === null) pieces.push([]);
    else pieces.at(-1).push(`${x(point.at_ms).toFixed(1)},${y(value).toFixed(1)}`);
  }
  return pieces.filter((piece) => piece.length > 0).map((piece) => piece.join(" "));
}

function Line({ line: { of, colour }, series, scale }) {
  return piecesOf(series, of, scale).map((points) => html`
    <polyline key=${points} class=${`chart-line ${colour.slice(2)}`} points=${points}
      vector-effect="non-scaling-stroke" />`);
}

function Bars({ line: { of, colour }, series, scale, stepMs }) {
  return series.filter((point) => of(point) > 0).map((point) => {
    const [left, right] = [scale.x(point.at_ms), scale.x(point.at_ms + stepMs * BAR_SHARE)];
    const top = scale.y(of(point));
    return html`<rect key=${point.at_ms} class=${`chart-bar ${colour.slice(2)}`} x=${left} y=${top}
      width=${Math.max(2, right - left)} height=${HIGH - top} />`;
  });
}

/** Sales, as far as they have come: what is not yet over ends at the picture's edge. */
function Sales({ sales, span, scale }) {
  return sales
    .filter((sale) => sale.ends_at_ms > span.from && sale.starts_at_ms < span.to)
    .map(({ product_id, starts_at_ms, ends_at_ms }) => {
      const [left, right] = [scale.x(starts_at_ms), scale.x(ends_at_ms)];
      return html`<rect key=${`${product_id}${starts_at_ms}`} class="chart-sale" x=${left} y="0"
        width=${Math.max(2, right - left)} height=${HIGH} />`;
    });
}

function Pins({ pins, span, scale }) {
  return pins.filter((atMs) => atMs >= span.from && atMs <= span.to).map((atMs) => html`
    <line key=${atMs} class="chart-pin" x1=${scale.x(atMs)} x2=${scale.x(atMs)} y1=${HIGH - 8}
      y2=${HIGH} vector-effect="non-scaling-stroke" />`);
}

function Times({ span }) {
  const share = (atMs) => (atMs - span.from) / Math.max(1, span.to - span.from);
  return html`
    <p class="chart-times" aria-hidden="true">
      ${timesOf(span).filter((atMs) => share(atMs) > EDGE && share(atMs) < 1 - EDGE).map((atMs) =>
        html`<span key=${atMs} style=${`--at: ${share(atMs) * 100}%`}>${timeOfDay(atMs)}</span>`)}
    </p>`;
}

/** The highest value that lines of a side show; they go up to `least` at least. */
function highOf(lines, series, side, least) {
  const values = lines.filter((line) => (line.side ?? "left") === side)
    .flatMap(({ of }) => series.map(of));
  return Math.max(least, ...values.filter((value) => value !== null));
}

function Axis({ high, write }) {
  return html`<p class="chart-axis" aria-hidden="true"><span>${write(high)}</span>
    <span>${write(0)}</span></p>`;
}

function Legend({ lines, sales, pins }) {
  return html`
    <figcaption>
      ${lines.map(({ label, colour }) => html`
        <span key=${label} class=${`legend ${colour.slice(2)}`}>${label}</span>`)}
      ${sales.length > 0 && html`<span class="legend shaded">${t("figures.chart.sale")}</span>`}
      ${pins.length > 0 && html`<span class="legend ticks">${t("figures.chart.pins")}</span>`}
    </figcaption>`;
}

/**
 * `lines` are {label, of(point), colour, bars, side}, of which those on the "right" have a scale of
 * their own; `write` says a value at the axis of the left, which goes up to `least` at least;
 * `span` is {from, to}, else the whole series; `pins` are instants.
 */
export function Chart({
  title, series, sales, lines, stepMs, pins = [], span, least = 1, write = plain,
}) {
  const whole = span ?? { from: series[0]?.at_ms ?? 0, to: (series.at(-1)?.at_ms ?? 1) + stepMs };
  const sides = [...new Set(lines.map(({ side = "left" }) => side))];
  const highs = Object.fromEntries(sides.map((side) => [side, highOf(lines, series, side, least)]));
  const scaleFor = ({ side = "left" }) => scaleOf(whole, highs[side] * ROOM);
  const highest = lines.map(({ label, of, side }) => {
    const values = series.map(of).filter((value) => value !== null);
    const value = (side === "right" ? plain : write)(Math.max(0, ...values));
    return `${label}: ${t("figures.chart.highest", { value })}`;
  });
  const parts = { series, stepMs, span: whole, scale: scaleOf(whole, 1) };
  return html`
    <figure class="chart">
      <${Legend} lines=${lines} sales=${sales} pins=${pins} />
      <div class=${sides.length > 1 ? "plot two-sided" : "plot"} role="img"
        aria-label=${`${title}. ${highest.join(". ")}`}>
        <${Axis} high=${highs.left} write=${write} />
        <svg viewBox=${`0 0 ${WIDE} ${HIGH}`} preserveAspectRatio="none" aria-hidden="true">
          <${Sales} sales=${sales} ...${parts} />
          ${lines.map((line) => html`
            <${line.bars ? Bars : Line} key=${line.label} line=${line} series=${series}
              stepMs=${stepMs} scale=${scaleFor(line)} />`)}
          <${Pins} pins=${pins} ...${parts} />
        </svg>
        ${sides.length > 1 && html`<${Axis} high=${highs.right} write=${plain} />`}
        <${Times} span=${whole} />
      </div>
    </figure>`;
}
