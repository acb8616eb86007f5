/**
 * A show to practise with: the real one's products, viewers who are made up, and every command
 * decided here. Nothing is sent and nothing is kept.
 */

import { initialState, priceAt, reduce } from "../client/state.js";
import { Catalogue } from "./practice_catalogue.js";
import { refuse } from "./practice_refuse.js";
import { decide, endedSales } from "./practice_rules.js";

const BEAT_MS = 1_000;
const STEP_MS = 10_000;
const SAID = ["❤", "M?", "…?", "👏", "L?", "😍"];
const CROWD = ["Ada", "Bo", "Chen", "Δήμητρα", "Егор", "Fay"];

const among = (list) => list[Math.floor(Math.random() * list.length)];

/** Begin where the real show is, but draft or scheduled, so that going live can be practised. */
function beginning({ session, viewer }, nowMs) {
  const fresh = { ...structuredClone(session), chat: [], chat_pinned: [], likes: 0, viewers: 0,
    status: "scheduled", starts_at_ms: null, sales: [], pinned: [], buying: true, now_ms: nowMs };
  const stats = { type: "stats", orders: 0, units: 0, revenue: 0, held: 0, viewers_peak: 0 };
  return { ...initialState, line: "open", viewer, session: fresh, stats };
}

/** The face of `Shop` that the console uses. */
export class PracticeShop {
  #listeners = new Set();
  #offsetMs;
  #numbers = 0;
  #began = null;
  #orders = new Map();
  words = [];

  constructor(state, nowMs) {
    this.sessionId = state.session.id;
    this.#offsetMs = nowMs - performance.now();
    this.state = beginning(state, Math.round(nowMs));
    this.catalogue = new Catalogue(state.session.shelf);
    this.summary = { ...EMPTY, session_id: this.sessionId, currency: state.session.currency };
    this.timer = setInterval(() => this.#beat(), BEAT_MS);
  }

  close() {
    clearInterval(this.timer);
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  now() {
    return performance.now() + this.#offsetMs;
  }

  secondsTo(instantMs) {
    return Math.max(0, Math.ceil((instantMs - this.now()) / 1000));
  }

  async send(command) {
    const { type } = command;
    if (type === "say") return this.#say(this.state.viewer, command.text);
    if (type === "viewer.mute" || type === "viewer.unmute") {
      const { viewer_id, duration_ms = null } = command;
      const forgiven = type === "viewer.unmute" ? this.now() : null;
      const until_ms = forgiven ?? (duration_ms && this.now() + duration_ms);
      return this.#take({ type: "viewer.muted", viewer_id, until_ms });
    }
    const nowMs = Math.round(this.now());
    const events = decide(this.state.session, command, nowMs, this.catalogue);
    if (type === "chat.block") this.words = command.words;
    this.#happen(events, nowMs);
    return { type: "ok" };
  }

  #happen(events, nowMs) {
    for (const event of events) {
      if (event.type === "session.started") this.#began = nowMs;
      this.#take({ ...event, offset: this.state.session.offset + 1, at_ms: nowMs });
    }
  }

  #take(message) {
    this.state = reduce(this.state, message);
    for (const listener of this.#listeners) listener(this.state, message);
  }

  /** Cancel an order that was made up; its units are for sale again. */
  cancel(orderId) {
    const order = this.#orders.get(orderId);
    if (order?.status !== "confirmed") refuse("conflict", "the order is not confirmed");
    this.#count({ ...order, status: "cancelled" }, -1);
  }

  /** Count an order that was made, or with `sign` -1 one that is cancelled, wherever it counts. */
  #count(order, sign) {
    this.#orders.set(order.order_id, order);
    this.#take(order);
    const { session: { shelf, sales }, stats } = this.state;
    const [{ sku, quantity, sale_began_ms }] = order.lines;
    const variant = shelf.flatMap((p) => p.variants).find((v) => v.sku === sku);
    const sale = sales.find((s) => s.starts_at_ms === sale_began_ms && sku in s.prices);
    const units = sign * quantity;
    const sums = { orders: sign, units, revenue: sign * order.total };
    this.#take({ type: "pulse", now_ms: Math.round(this.now()),
      left: variant ? { [sku]: variant.left - units } : {},
      sales: sale && sale.left !== null ? { [sale.product_id]: sale.left - units } : {} });
    this.#take({ ...stats, orders: stats.orders + sums.orders, units: stats.units + sums.units,
      revenue: stats.revenue + sums.revenue });
    this.#point(order.at_ms, sums);
  }

  #isBlocked(text) {
    const said = text.toLowerCase().split(/[^\p{L}\p{N}]+/u);
    return this.words.some((word) => said.includes(word.toLowerCase()));
  }

  #say(viewer, text) {
    if (this.state.session.status === "ended") refuse("conflict", "the session has ended");
    if (this.#isBlocked(text)) refuse("conflict", "the message has a word that is blocked here");
    const at_ms = Math.round(this.now());
    const line = { id: `practice-${++this.#numbers}`, at_ms, viewer, text };
    this.#take({ type: "chat", messages: [line], dropped: 0 });
    return { type: "ok", id: line.id };
  }

  /** A second of a made-up show: people come, talk, and buy what is shown. */
  #beat() {
    const nowMs = Math.round(this.now());
    this.#happen(endedSales(this.state.session, nowMs), nowMs);
    const { session } = this.state;
    if (session.status !== "live") return;
    const viewers = Math.max(3, session.viewers + Math.floor(Math.random() * 7) - 2);
    const { stats } = this.state;
    this.#take({ ...stats, viewers_peak: Math.max(stats.viewers_peak, viewers) });
    this.#take({ type: "pulse", now_ms: nowMs, viewers, likes: session.likes + among([0, 1, 3]) });
    if (Math.random() < 0.3) {
      const name = among(CROWD);
      const text = among(SAID);
      if (!this.#isBlocked(text)) this.#say({ id: `practice-${name}`, name }, text);
    }
    if (Math.random() < 0.35) this.#buy(nowMs);
    this.#record(nowMs);
  }

  #buy(nowMs) {
    const { session } = this.state;
    const product = session.shelf.find((p) => p.product_id === session.pinned.at(-1));
    const variant = product && among(product.variants.filter((v) => v.left > 0));
    if (!variant) return;
    const { price, sale } = priceAt(session, product, variant, nowMs);
    const order_id = `practice-${++this.#numbers}`;
    const viewer_id = `practice-${among(CROWD)}`;
    const line = { rid: order_id, sku: variant.sku, quantity: 1, price,
      sale_began_ms: sale?.starts_at_ms };
    this.#count({ type: "order", order_id, session_id: session.id, viewer_id, status: "confirmed",
      lines: [line], total: price, currency: session.currency, at_ms: nowMs }, 1);
    this.#happen(endedSales(this.state.session, nowMs), nowMs);
  }

  #record(nowMs) {
    const { viewers, likes } = this.state.session;
    this.#point(nowMs, { orders: 0, units: 0, revenue: 0 }, { viewers, likes, held: 0 });
  }

  /** Add to the step that an instant is in, and keep what the summary says up to date. */
  #point(nowMs, sums, gauges = {}) {
    const place = Math.floor((nowMs - this.#began) / STEP_MS);
    const series = [...this.summary.series];
    const { orders, units, revenue } = sums;
    const old = series[place] ?? { at_ms: this.#began + place * STEP_MS, viewers: null, likes: null,
      held: null, orders: 0, units: 0, revenue: 0 };
    series[place] = { ...old, ...gauges, orders: old.orders + orders, units: old.units + units,
      revenue: old.revenue + revenue };
    this.summary = { ...this.summary, series: [...series].map((point, at) => point
      ?? { ...old, at_ms: this.#began + at * STEP_MS, orders: 0, units: 0, revenue: 0 }),
    started_at_ms: this.#began,
    ended_at_ms: Math.max(nowMs, this.summary.ended_at_ms ?? nowMs) };
  }
}

const EMPTY = {
  status: "scheduled", started_at_ms: null, ended_at_ms: null, orders: 0, units: 0, revenue: 0,
  buyers: 0, visitors: null, viewers_peak: 0, viewers_average: null, likes: 0, products: [],
  sales: [], step_ms: STEP_MS, series: [],
};
