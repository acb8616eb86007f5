/** The figures of a rehearsal: sums for the desk, and steps for its pictures. */

const STEP_MS = 10_000;
const SUMS = { orders: 0, units: 0, revenue: 0 };
const EMPTY = {
  started_at_ms: null, ended_at_ms: null, buyers: 0, visitors: null, viewers_average: null,
  products: [], sales: [], step_ms: STEP_MS, series: [],
};

export class RehearsalFigures {
  /** The totals, as hosts are told them. */
  stats = { type: "stats", ...SUMS, held: 0, viewers_peak: 0 };
  #series; // all of the summary but the totals

  constructor({ id, currency, currency_digits }) {
    this.#series = { ...EMPTY, session_id: id, currency, currency_digits };
  }

  begin(atMs) {
    this.#series = { ...this.#series, started_at_ms: atMs };
  }

  /** Return what the show has come to. */
  summary({ status, likes }) {
    const { orders, units, revenue, viewers_peak } = this.stats;
    return { ...this.#series, orders, units, revenue, viewers_peak, likes, status };
  }

  /** Count an order that was made, or take out one that is cancelled. */
  count({ status, lines: [{ quantity }], total, at_ms }, nowMs) {
    const sign = status === "cancelled" ? -1 : 1;
    const sums = { orders: sign, units: sign * quantity, revenue: sign * total };
    this.stats = { ...this.stats, ...added(this.stats, sums) };
    this.#point(at_ms, nowMs, sums);
  }

  /** Note how many watch and like it; returns the totals. */
  record({ viewers, likes }, nowMs) {
    this.stats = { ...this.stats, viewers_peak: Math.max(this.stats.viewers_peak, viewers) };
    this.#point(nowMs, nowMs, SUMS, { viewers, likes, held: 0 });
    return this.stats;
  }

  /** Add to the step that an instant is in; steps before it that had nothing are empty ones. */
  #point(atMs, nowMs, sums, gauges = {}) {
    const { started_at_ms: began, ended_at_ms: ended } = this.#series;
    const place = Math.floor((atMs - began) / STEP_MS);
    const series = [...this.#series.series];
    for (let at = series.length; at <= place; at++) {
      const before = series.at(-1) ?? { viewers: null, likes: null, held: null };
      series.push({ ...before, ...SUMS, at_ms: began + at * STEP_MS });
    }
    const old = series[place];
    if (old) series[place] = { ...old, ...gauges, ...added(old, sums) };
    this.#series = { ...this.#series, series,
      ended_at_ms: Math.max(Math.round(nowMs), ended ?? 0) };
  }
}

const added = (to, { orders, units, revenue }) => ({
  orders: to.orders + orders, units: to.units + units, revenue: to.revenue + revenue,
});
