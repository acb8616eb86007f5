/**
 * A session as one viewer or host has it: joined, kept up to date, come back to when the line
 * drops, and never bought in twice.
 *
 *     const shop = new Shop({ sessionId: "s1", token });
 *     shop.subscribe((state) => draw(state));
 *     shop.buy({ sku: "OBS-M", quantity: 1, price: 3900 });
 *
 * docs/client.md describes it; docs/protocol.md the messages.
 */

import { Clock } from "./clock.js";
import { holdBack, stillHeld, withheld } from "./held_back.js";
import { Line } from "./line.js";
import { applied, derived, initialState, isEvent, offer, reduce } from "./state.js";
import { tabStorage, visitorName } from "./storage.js";
import { Wishes, kept } from "./wishes.js";

const CLOCK_ASKED = 5;
const CLOCK_GAP_MS = 200;
const CLOCK_EVERY_MS = 180_000;
const HELD_LOOK_MS = 100;
const TWICE_MS = 1_000;
const WAKING = ["pageshow", "online", "offline"];

/** Add what was kept over a reload to what was asked for since, before the line was open. */
const withKept = (mine, { purchases = [], checkouts = [] }) => ({ ...mine,
  purchases: [...purchases, ...mine.purchases], checkouts: [...checkouts, ...mine.checkouts] });

export class Shop {
  /** The known state, replaced and never changed in place; docs/client.md names its fields. */
  state;
  // With what is held back for the video.
  #true;
  #held = [];
  #delay = 0;
  #clock = new Clock();
  #line;
  #wishes;
  #listeners = new Set();
  #timers = [];
  #awake = () => document.visibilityState === "visible" && this.#wake();

  constructor({ sessionId, token = null, origin = location.origin, storage = tabStorage(),
    delayMs = 0, features = [] }) {
    Object.assign(this, { sessionId, token, storage, features });
    this.state = Object.assign({}, initialState, ...features.map(({ initial }) => initial));
    this.#true = this.state;
    this.holdBack(delayMs);
    this.#wishes = new Wishes({
      read: () => this.#true.mine,
      write: (mine) => this.#change({ ...this.#true, mine }),
      ask: (command) => this.send(command),
    });
    const socket = origin.replace(/^http/, "ws");
    this.#line = new Line({
      url: `${socket}/ws/sessions/${encodeURIComponent(sessionId)}`,
      token,
      visitor: visitorName(),
      onMessages: (messages) => this.#take(messages),
      onDown: ({ forGood, code }) => this.#change(
        { ...this.#true, line: forGood ? "closed" : "waiting", closed: forGood ? code : null }),
    });
    this.#timers = [
      setInterval(() => this.#setClock(), CLOCK_EVERY_MS),
      setInterval(() => this.#release(), HELD_LOOK_MS),
    ];
    this.#listenForWaking("addEventListener");
  }

  /**
   * Call `listener(state, message, changed)` after every change: `message` is the server's, null
   * where the change is this side's; `changed` the names of the fields of `state` that differ.
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Have one more feature change the state, by what its `page/state.js` exports. It takes in
   * `messages` that came before; null says that some are gone, and a fresh snapshot is fetched.
   */
  use(feature, messages = []) {
    this.features = [...this.features, feature];
    const late = messages ?? [];
    late.forEach((message) => this.#holdBack(message));
    const start = { ...feature.initial, ...this.#true };
    this.#change(late.reduce((state, message) => applied(state, message, feature), start));
    if (messages === null) this.#line.drop();
  }

  /** The server's time in milliseconds, as well as it is known here. */
  now() {
    return this.#clock.now();
  }

  /** Whole seconds until an instant of the server; for one instant they never go up. */
  secondsTo(instantMs) {
    return this.#clock.secondsTo(instantMs, this.now());
  }

  /** Return what a SKU costs now, and how many are left; null if it is not on the shelf. */
  offer(sku) {
    return offer(this.state.session, sku, this.now());
  }

  /** Let pins and sale starts wait for the video, which is `delay` ms late, or `delay()`. */
  holdBack(delay) {
    this.#delay = delay;
  }

  /** Send a command; resolves with its answer, rejects with `Refused`. */
  send(command) {
    return this.#line.ask(command);
  }

  /**
   * Order at once; the outcome comes in `state.mine.purchases`. Returns the rid. A second call for
   * the SKU within a second is a double click, and the same wish, unless it says `again`.
   */
  buy({ sku, quantity = 1, price, codes, again = false }) {
    const since = Date.now() - TWICE_MS;
    const twin = this.#true.mine.purchases.findLast((p) =>
      p.command === "buy" && p.sku === sku && p.at_ms > since && p.state !== "failed");
    if (twin && !again) return twin.rid;
    return this.#wishes.add({ command: "buy", sku, quantity, price, codes });
  }

  /** Set units aside in the cart, in the same manner. Returns the rid. */
  reserve({ sku, quantity = 1, price }) {
    return this.#wishes.add({ command: "reserve", sku, quantity, price });
  }

  /**
   * Order what is in the cart, all or nothing; `codes` name offers, and it is refused if it would
   * cost more than `total`. Returns the order's id.
   */
  checkout(rids, { codes, total } = {}) {
    return this.#wishes.checkout(rids, { codes, total });
  }

  /** Forget a purchase that has ended, so that it is no longer shown. */
  dismiss(rid) {
    this.#wishes.dismiss(rid);
  }

  release(rid) {
    return this.send({ type: "release", rid });
  }

  /** Say something; `replyTo` is the id of the message that it answers. */
  say(text, { replyTo } = {}) {
    return this.send({ type: "say", text, reply_to: replyTo });
  }

  /** Likes are never answered; those given while the line is down are lost. */
  like(count = 1) {
    this.#line.tell({ type: "like", count });
  }

  /** Count that a product's details were opened, for the host's figures; never answered. */
  look(productId) {
    this.#line.tell({ type: "look", product_id: productId });
  }

  /** Go on as the bearer of a token, as somebody does who was let in as a guest. */
  become(token) {
    this.token = token;
    this.#line.renew(token);
  }

  /** Leave for good. */
  close() {
    for (const timer of this.#timers) clearInterval(timer);
    this.#listenForWaking("removeEventListener");
    this.#line.close();
  }

  #change(next, message = null) {
    const before = this.state;
    const { mine } = this.#true;
    this.#true = next;
    if (next.mine !== mine) this.#save();
    this.state = derived({ ...next, session: withheld(next.session, this.#held, this.features),
      sales: before.sales, left: before.left }, before);
    const changed = Object.keys(this.state).filter((name) => this.state[name] !== before[name]);
    if (changed.length === 0 && message === null) return;
    for (const listener of this.#listeners) listener(this.state, message, changed);
  }

  #take(messages) {
    for (const message of messages) {
      const { session } = this.#true;
      if (isEvent(message) && session && message.offset > session.offset + 1) {
        // An event is missing: a fresh snapshot has it.
        return this.#line.drop();
      }
      if (message.type === "welcome") this.#join(message);
      else {
        this.#holdBack(message);
        this.#change(reduce(this.#true, message, this.features), message);
      }
    }
  }

  #join(welcome) {
    const { mine, viewer } = this.#true;
    const known = viewer === null ? withKept(mine, this.#load(welcome.viewer)) : mine;
    this.#clock.reset(welcome.now_ms);
    const open = { ...this.#true, line: "open", mine: known };
    this.#change(reduce(open, welcome, this.features), welcome);
    this.#setClock();
    this.#wishes.resume(welcome);
  }

  // ---- the clock, waking, and what waits for the video -----------------------------------

  #setClock() {
    this.#clock.forget();
    for (let i = 0; i < CLOCK_ASKED; i++) setTimeout(() => this.#askTime(), i * CLOCK_GAP_MS);
  }

  async #askTime() {
    const sentMs = performance.now();
    // Without an answer the next round trip will do.
    const answer = await this.send({ type: "time", client_ms: Math.round(sentMs) })
      .catch(() => null);
    if (answer) this.#clock.sample(sentMs, answer.now_ms);
  }

  #wake() {
    this.#line.check();
    if (this.state.line === "open") this.#setClock();
  }

  #listenForWaking(method) {
    document[method]("visibilitychange", this.#awake);
    for (const event of WAKING) window[method](event, this.#awake);
  }

  #delayNow() {
    return typeof this.#delay === "function" ? this.#delay() : this.#delay;
  }

  #holdBack(message) {
    if (this.#delayNow() > 0) this.#held = holdBack(this.#held, message, this.features);
  }

  #release() {
    if (this.#held.length === 0) return;
    const held = stillHeld(this.#held, this.now(), this.#delayNow());
    if (held === this.#held) return;
    this.#held = held;
    this.#change(this.#true);
  }

  // ---- what outlives a reload of the page, for this buyer and this tab --------------------

  #place(viewer) {
    return `liveshop:${this.sessionId}:${viewer.id}`;
  }

  #save() {
    const { mine, viewer } = this.#true;
    if (viewer === null) return;
    try {
      this.storage.setItem(this.#place(viewer), JSON.stringify(kept(mine)));
    } catch {
      // Full or forbidden: purchases under way still outlive a reconnect.
    }
  }

  #load(viewer) {
    return JSON.parse((viewer && this.storage.getItem(this.#place(viewer))) ?? "{}");
  }
}
