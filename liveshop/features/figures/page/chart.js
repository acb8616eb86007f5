/** A picture of a series over the show, with its sales marked. */

import { html, useEffect, useRef } from "../../../pages/shared/html.js";
import { number, t, timeOfDay } from "../../../pages/shared/i18n.js";
import uPlot from "../../../pages/vendor/uplot/uPlot.js";

const HEIGHT_PX = 140;
const AXIS_PX = 56;
const TIMES_PX = 24;
const MINUTES = [1, 2, 5, 10, 15, 30, 60, 120, 240, 720, 1440].map((minutes) => minutes * 60);

const colourOf = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Shade the time of each sale, below the lines. */
function shadeSales(sales) {
  return (plot) => {
    const { ctx, bbox } = plot;
    ctx.save();
    ctx.fillStyle = `${colourOf("--sale")}33`;
    for (const { starts_at_ms, ends_at_ms } of sales) {
      const left = plot.valToPos(starts_at_ms / 1000, "x", true);
      const right = plot.valToPos(ends_at_ms / 1000, "x", true);
      ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    }
    ctx.restore();
  };
}

function optionsOf({ lines, write, least, sales, width }) {
  const axis = {
    stroke: colourOf("--soft"), font: "12px system-ui", ticks: { show: false },
    grid: { stroke: colourOf("--rule"), width: 1 },
  };
  const times = (plot, values) => values.map((value) => timeOfDay(value * 1000));
  return {
    width, height: HEIGHT_PX, legend: { show: false }, cursor: { show: false },
    scales: { y: { range: (plot, low, high) => [0, Math.max(least, high * 1.1)] } },
    axes: [
      { ...axis, values: times, size: TIMES_PX, space: 72, incrs: MINUTES },
      { ...axis, size: AXIS_PX, space: 32, values: (plot, values) => values.map(write) },
    ],
    series: [{}, ...lines.map(({ label, colour, bars }) => ({
      label, stroke: colourOf(colour), width: 2, points: { show: false },
      ...(bars && { fill: `${colourOf(colour)}66`, paths: uPlot.paths.bars({ size: [0.8, 40] }) }),
    }))],
    hooks: { drawClear: [shadeSales(sales)] },
  };
}

const plain = (value) => number(value);

/**
 * `lines` are {label, of(point), colour, bars}; `write` says a value at the axis, which goes up to
 * `least` at least.
 */
export function Chart({ title, series, sales, lines, least = 1, write = plain }) {
  const box = useRef(null);
  useEffect(() => {
    const data = [series.map((p) => p.at_ms / 1000), ...lines.map(({ of }) => series.map(of))];
    const place = box.current;
    let plot = null;
    const draw = () => {
      plot?.destroy();
      const width = place.clientWidth;
      const options = width > 0 && optionsOf({ lines, write, least, sales, width });
      plot = options ? new uPlot(options, data, place) : null;
    };
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const sized = new ResizeObserver(draw);
    sized.observe(place);
    dark.addEventListener("change", draw);
    return () => {
      sized.disconnect();
      dark.removeEventListener("change", draw);
      plot?.destroy();
    };
  }, [series, title]);
  const highest = lines.map(({ label, of }) => {
    const values = series.map(of).filter((value) => value !== null);
    return `${label}: ${t("figures.chart.highest", { value: write(Math.max(0, ...values)) })}`;
  });
  return html`
    <figure class="chart">
      <figcaption>${lines.map(({ label, colour }) => html`
        <span key=${label} class=${`legend ${colour.slice(2)}`}>${label}</span>`)}
        ${sales.length > 0 && html`<span class="legend shaded">${t("figures.chart.sale")}</span>`}
      </figcaption>
      <div ref=${box} class="plot" role="img" aria-label=${`${title}. ${highest.join(". ")}`}></div>
    </figure>`;
}
