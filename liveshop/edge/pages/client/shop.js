/**
 * The liveshop client, without a dependency: joins a session, keeps its state up to date,
 * comes back when the line drops, and never buys twice.
 *
 *     const shop = new Shop({ sessionId: "s1", token });
 *     shop.subscribe((state) => draw(state));
 *     shop.buy({ sku: "OBS-M", quantity: 1, price: 3900 });
 *
 * docs/pages.md describes it; docs/protocol.md the messages.
 */

import {
  OPEN, initialState, isEvent, priceAt, put, changeAll, reduce, without,
} from "./state.js";

export { OPEN, priceAt, reduce };

const WAIT_MS_MIN = 500;
const WAIT_MS_MAX = 20_000;
const GRACE_MS = 10_000; // beyond ping_ms without a message, the line is dead
const JOIN_MS_MAX = 15_000;
const CLOCK_SAMPLES = 5;
const CLOCK_GAP_MS = 300;
const CLOCK_EVERY_MS = 60_000;
const INTENT_MS_MAX = 120_000; // an older wish to buy is not sent again
const AGAIN = new Set(["busy", "unavailable", "rate_limited"]);

/** A refusal of the server, or `offline` where the line is down; `code` is the protocol's. */
export class Refused extends Error {
  constructor(fields) {
    super(fields.message);
    Object.assign(this, fields);
  }
}

/** Move a token from `#token=…` to this tab's storage; return the one this tab has, or null. */
export function takeToken(storage = sessionStorage) {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) {
    storage.setItem("liveshop:token", given);
    history.replaceState(null, "", location.pathname + location.search);
  }
  return storage.getItem("liveshop:token");
}

/** Return how long to wait before coming back after a close, or null where one must not. */
export function waitAfter(code, lastMs, random = Math.random) {
  if ((code >= 4500 && code <= 4999) || [1002, 1007, 1009].includes(code)) return null;
  const wait = WAIT_MS_MIN + random() * (3 * lastMs - WAIT_MS_MIN);
  return Math.min(wait, WAIT_MS_MAX);
}

function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16)); // randomUUID needs https
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The server's clock as seen from here; of the last round trips the quickest is believed. */
export class Clock {
  #samples = [];
  #offset = 0;

  now() {
    return performance.now() + this.#offset;
  }

  reset(serverMs) {
    this.#samples = [];
    this.#offset = serverMs - performance.now();
  }

  sample(sentMs, serverMs) {
    const receivedMs = performance.now();
    const offset = serverMs - (sentMs + receivedMs) / 2;
    this.#samples = [...this.#samples, { trip: receivedMs - sentMs, offset }].slice(-CLOCK_SAMPLES);
    this.#offset = this.#samples.reduce((a, b) => (b.trip < a.trip ? b : a)).offset;
  }
}

export class Shop {
  /**
   * line       connecting, open, waiting (to come back) or closed (for good: `closed` is the code)
   * session    the snapshot, kept up to date; null before it
   * purchases  {rid, command, sku, quantity, price, state, expires_at_ms, order_id, url, error},
   *            `state` being sending, held, paying, sold, released, expired, refused or failed
   * checkouts  {order_id, rids, at_ms}, not yet answered
   */
  state = initialState;
  #clock = new Clock();
  #shown = new Map(); // deadline → the fewest seconds shown
  #listeners = new Set();
  #waiting = new Map(); // ref → {resolve, reject}
  #ref = 0;
  #lastWaitMs = WAIT_MS_MIN;
  #movedMs = null;
  #pingMs = null;
  #socket = null;
  #alarm = 0;
  #back = 0;
  #ticks = 0;

  constructor({ sessionId, token = null, origin = location.origin, storage = sessionStorage }) {
    Object.assign(this, { sessionId, token, storage });
    this.url = `${origin.replace(/^http/, "ws")}/ws/sessions/${encodeURIComponent(sessionId)}`;
    this.#connect();
    this.#ticks = setInterval(() => this.#askTime(), CLOCK_EVERY_MS);
  }

  /** Call `listener(state, message)` after every change; `message` is null for one of the line. */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The server's time in milliseconds, as well as it is known here. */
  now() {
    return this.#clock.now();
  }

  /** Whole seconds until an instant of the server; for one instant they never go up. */
  secondsTo(deadlineMs) {
    const seconds = Math.max(0, Math.ceil((deadlineMs - this.now()) / 1000));
    const shown = Math.min(seconds, this.#shown.get(deadlineMs) ?? seconds);
    this.#shown.set(deadlineMs, shown);
    return shown;
  }

  /** Send a command; resolves with its answer, rejects with `Refused`. */
  send(command) {
    if (this.state.line !== "open") {
      return Promise.reject(new Refused({ code: "offline", message: "the line is down" }));
    }
    const ref = ++this.#ref;
    this.#socket.send(JSON.stringify({ ...command, ref }));
    return new Promise((resolve, reject) => this.#waiting.set(ref, { resolve, reject }));
  }

  /** Order at once; what becomes of it is in `state.purchases`. Returns the rid. */
  buy({ sku, quantity = 1, price }) {
    return this.#want({ command: "buy", sku, quantity, price });
  }

  /** Set units aside in the cart; what becomes of it is in `state.purchases`. Returns the rid. */
  reserve({ sku, quantity = 1, price }) {
    return this.#want({ command: "reserve", sku, quantity, price });
  }

  /** Order what is in the cart, all or nothing. Returns the order's id. */
  checkout(rids) {
    const intent = { order_id: uuid(), rids, at_ms: Date.now() };
    const checkouts = [...this.state.checkouts, intent];
    this.#change(changeAll({ ...this.state, checkouts }, rids, { error: null }));
    this.#attemptCheckout(intent);
    return intent.order_id;
  }

  release(rid) {
    return this.send({ type: "release", rid });
  }

  say(text) {
    return this.send({ type: "say", text });
  }

  /** Likes are never answered; those given while the line is down are lost. */
  like(count = 1) {
    if (this.state.line === "open") this.#socket.send(JSON.stringify({ type: "like", count }));
  }

  /** Forget a purchase that has ended, so that it is no longer shown. */
  dismiss(rid) {
    this.#change({ ...this.state, purchases: without(this.state.purchases, "rid", rid) });
  }

  /** Leave for good. */
  close() {
    clearInterval(this.#ticks);
    this.#lost(null);
  }

  #change(state, message = null) {
    const { purchases, checkouts } = this.state;
    this.state = state;
    if (state.purchases !== purchases || state.checkouts !== checkouts) this.#save();
    for (const listener of this.#listeners) listener(state, message);
  }

  // A refusal binds nothing, and after `unavailable` the outcome is unknown: the same wish goes
  // on with the same rid, so that two taps cannot become two orders.
  #want(wish) {
    const same = (p) => ["command", "sku", "quantity"].every((field) => p[field] === wish[field]);
    const failed = this.state.purchases.find((p) => p.state === "failed" && same(p));
    const rid = failed?.rid ?? uuid();
    const begun = { state: "sending", error: null, at_ms: Date.now() };
    this.#change(put(this.state, rid, { ...wish, ...begun }));
    this.#attempt(rid);
    return rid;
  }

  async #attempt(rid) {
    const wish = this.state.purchases.find((p) => p.rid === rid);
    if (wish?.state !== "sending") return;
    const { command, sku, quantity, price, at_ms } = wish;
    const refusal = await this.#ask({ type: command, rid, sku, quantity, price });
    if (!refusal) return;
    const again = AGAIN.has(refusal.code) && Date.now() - at_ms < INTENT_MS_MAX;
    this.#change(put(this.state, rid, { state: again ? "sending" : "failed", error: refusal }));
    if (again) this.#later(() => this.#attempt(rid), refusal);
  }

  async #attemptCheckout(intent) {
    const { order_id, rids, at_ms } = intent;
    if (!this.state.checkouts.includes(intent)) return;
    const refusal = await this.#ask({ type: "checkout", order_id, rids });
    if (refusal === undefined) return; // the line went; the next welcome goes on
    const again = refusal && AGAIN.has(refusal.code) && Date.now() - at_ms < INTENT_MS_MAX;
    const open = this.state.checkouts;
    const checkouts = again ? open : open.filter((other) => other !== intent);
    this.#change(refusal ? changeAll({ ...this.state, checkouts }, rids, { error: refusal })
      : { ...this.state, checkouts });
    if (again) this.#later(() => this.#attemptCheckout(intent), refusal);
  }

  #later(retry, { retry_after_ms }) {
    setTimeout(retry, retry_after_ms ?? WAIT_MS_MIN + Math.random() * WAIT_MS_MIN);
  }

  /** Return the refusal of a command, null where it was answered, undefined without a line. */
  async #ask(command) {
    try {
      await this.send(command);
      return null;
    } catch (refusal) {
      return refusal.code === "offline" ? undefined : refusal;
    }
  }

  get #place() {
    return `liveshop:${this.sessionId}:${this.state.viewer?.id}`;
  }

  // What is under way outlives a reload of the page, for this buyer and this tab.
  #save() {
    if (!this.state.viewer) return;
    const purchases = this.state.purchases.filter((p) => OPEN.has(p.state));
    const { checkouts } = this.state;
    this.storage.setItem(this.#place, JSON.stringify({ purchases, checkouts }));
  }

  #load() {
    return JSON.parse(this.storage.getItem(this.#place) ?? "{}");
  }

  #connect() {
    const socket = new WebSocket(this.url, "liveshop.v1");
    this.#socket = socket;
    this.#watch(JOIN_MS_MAX);
    const hello = () => ({ type: "hello", ref: ++this.#ref, token: this.token });
    socket.onopen = () => socket.send(JSON.stringify(hello()));
    socket.onmessage = ({ data }) => this.#take(JSON.parse(data));
    socket.onclose = ({ code }) => this.#lost(code);
  }

  #watch(silenceMs) {
    clearTimeout(this.#alarm);
    this.#alarm = setTimeout(() => this.#lost(1006), silenceMs);
  }

  // `code` is null where this side leaves; a dead line is not waited for to say goodbye.
  #lost(code) {
    clearTimeout(this.#alarm);
    clearTimeout(this.#back);
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close();
    const asked = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of asked) {
      reject(new Refused({ code: "offline", message: "the line went down" }));
    }
    const waitMs = code === null ? null : this.#movedMs ?? waitAfter(code, this.#lastWaitMs);
    this.#movedMs = null;
    if (waitMs === null) return this.#change({ ...this.state, line: "closed", closed: code });
    this.#lastWaitMs = Math.max(waitMs, WAIT_MS_MIN);
    this.#back = setTimeout(() => this.#connect(), waitMs);
    this.#change({ ...this.state, line: "waiting" });
  }

  #take(messages) {
    if (this.#pingMs !== null) this.#watch(this.#pingMs + GRACE_MS);
    for (const message of messages) {
      const { session } = this.state;
      if (isEvent(message) && session && message.offset > session.offset + 1) {
        return this.#lost(1006); // an event is missing: a fresh snapshot has it
      }
      if (message.type === "welcome") this.#joined(message);
      else this.#change(reduce(this.state, message), message);
      if (message.type === "moved") this.#movedMs = message.retry_after_ms;
      this.#settle(message);
    }
  }

  #settle(message) {
    const asked = this.#waiting.get(message.ref);
    this.#waiting.delete(message.ref);
    if (message.type === "error") asked?.reject(new Refused(message));
    else asked?.resolve(message);
  }

  #joined(welcome) {
    const first = this.state.viewer === null;
    this.#lastWaitMs = WAIT_MS_MIN;
    this.#pingMs = welcome.ping_ms;
    this.#watch(this.#pingMs + GRACE_MS);
    this.#clock.reset(welcome.now_ms);
    this.state = { ...this.state, line: "open", viewer: welcome.viewer };
    if (first) this.state = { ...this.state, ...this.#load() };
    this.#change(reduce(this.state, welcome), welcome);
    this.#resume(welcome);
    for (let i = 0; i < CLOCK_SAMPLES; i++) setTimeout(() => this.#askTime(), i * CLOCK_GAP_MS);
  }

  // What `welcome` does not name has ended or never arrived: the same rid asks again.
  #resume({ orders }) {
    const young = ({ at_ms }) => Date.now() - at_ms < INTENT_MS_MAX;
    const known = new Set(orders.map((order) => order.order_id));
    const checkouts = this.state.checkouts.filter((c) => !known.has(c.order_id) && young(c));
    this.#change({ ...this.state, checkouts });
    for (const wish of this.state.purchases.filter((p) => p.state === "sending")) {
      if (young(wish)) this.#attempt(wish.rid);
      else this.#change(put(this.state, wish.rid, { state: "failed", error: { code: "offline" } }));
    }
    for (const intent of checkouts) this.#attemptCheckout(intent);
  }

  async #askTime() {
    const sentMs = performance.now();
    try {
      const answer = await this.send({ type: "time", client_ms: Math.round(sentMs) });
      this.#clock.sample(sentMs, answer.now_ms);
    } catch (refusal) {
      if (!(refusal instanceof Refused)) throw refusal; // the next round trip will do
    }
  }
}
