/** The console's own state, besides the show itself, and the way it carries out a host's wishes. */

import { t } from "../shared/i18n.js";
import { fits, isFor, isForAllSessions, rankOf } from "../shared/rights.js";
import { sentence } from "../shared/words.js";
import { keepNoted, notedOf } from "./noted.js";
import { OrderBook } from "./order_book.js";

const FRAME_CHARS_MAX = 1_000; // UTF-8 may make four times as many bytes; beyond, over HTTP
const NOTICE_MS = 8_000;
const READ_EVERY_MS = 15_000;
const EXPIRY_EVERY_MS = 1_000;
const SHOWN_KEPT = 50;

/** Return `all` with one entry more, or without it if its value is null. */
function withOne(all, key, value) {
  const { [key]: gone, ...others } = all;
  return value === null ? others : { ...others, [key]: value };
}

/**
 * shop, office  the show's line and its office; of a rehearsal, or of the real thing
 * slots         what features bring: `hear(desk, message)` is called with what the server says,
 *               and `read` names what is read over HTTP for `state`, now and ever again
 * real          the desk of the real show, also of a rehearsal's; its `moveTo(desk)` has the
 *               console work at another desk
 * shown         the ids of products in the order in which they were put on air
 * state         tab, preview (is the picture shown), stream ({delayS} once the stream was seen),
 *               dialog ({kind, …}), selected (a product's id), busy (the keys of what is under
 *               way), notice ({text, undo, problem}), typed (digits before ⏎), ending (a product
 *               whose sale is about to be ended), startsOver (the run does with the next ⏎),
 *               noted (what this browser has done for the show), startedAtMs where that was
 *               heard, sound (are orders heard), expired (the token has ended), plan ({sales,
 *               notes}, by product), lowest, orders (newest first), names (viewers' by id); what
 *               features read
 */
export class Desk {
  state = {
    tab: "show", preview: true, stream: null, dialog: null, selected: null, busy: new Set(),
    notice: null, typed: "", ending: null, startsOver: false, noted: {}, startedAtMs: null,
    sound: false, expired: false, plan: { sales: {} }, lowest: null, orders: [], names: {},
  };
  shown = [];
  #listeners = new Set();
  #orders;
  #fading = 0;
  #turn = Promise.resolve();
  #planned = 0; // how often the plan was changed here

  constructor(shop, office, slots, { rights, rehearsal = false, real = null }) {
    Object.assign(this, { shop, office, slots, rights, rehearsal, real: real ?? this });
    this.change({ noted: notedOf(this.shop.sessionId) });
    this.#orders = new OrderBook(office, (orders) => this.#putOrders(orders),
      (id) => id in this.state.names);
    this.stop = shop.subscribe((state, message) => this.#hear(message));
    this.timers = [
      setInterval(() => this.#refresh(), READ_EVERY_MS),
      setInterval(() => this.#expire(), EXPIRY_EVERY_MS),
    ];
  }

  /** Return a desk on which the show is rehearsed, with the plan as it is now. */
  rehearse(shop, office) {
    const desk = new Desk(shop, office, this.slots, {
      rights: this.rights, rehearsal: true, real: this });
    desk.change({ plan: this.state.plan });
    this.note("practised");
    return desk;
  }

  /** Forget the show; of a rehearsal nothing is left. */
  close() {
    this.stop();
    this.#orders.close();
    for (const timer of this.timers) clearInterval(timer);
    clearTimeout(this.#fading);
  }

  /** The role with which the server takes commands: nobody's once the token has ended. */
  get role() {
    return this.state.expired ? null : this.shop.state.viewer?.role;
  }

  get isHost() {
    return rankOf(this.role) >= rankOf("host");
  }

  get isModerator() {
    return rankOf(this.role) >= rankOf("moderator");
  }

  /** Whether the token is good for every session: the catalogue and whole shops need that. */
  get isEverywhere() {
    return isForAllSessions(this.rights.claims);
  }

  /** Whether a command is for those who work here, in whatever state the show is. */
  isFor(type) {
    return isFor(this.rights, type, this.role);
  }

  /** Whether a command may be carried out as the show is now; else there is no button for it. */
  may(type) {
    return this.isFor(type) && fits(this.rights, type, this.shop.state.session.status);
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  change(part) {
    this.state = { ...this.state, ...part };
    for (const listener of this.#listeners) listener();
  }

  open(kind, fields = {}) {
    this.change({ dialog: { kind, ...fields }, notice: null });
  }

  closeDialog() {
    this.change({ dialog: null });
  }

  /** Say something for a while; `undo` is a function that takes it back. */
  say(text, { undo = null, problem = false } = {}) {
    clearTimeout(this.#fading);
    this.change({ notice: { text, undo, problem } });
    this.#fading = setTimeout(() => this.change({ notice: null }), NOTICE_MS);
  }

  /** Take back what was done last, as long as that is offered. */
  undo() {
    const { undo } = this.state.notice ?? {};
    if (!undo) return;
    this.change({ notice: null });
    undo();
  }

  /** Note that this browser has done a step for the show: "shared" or "practised". */
  note(step) {
    const noted = { ...this.state.noted, [step]: true };
    this.change({ noted });
    keepNoted(this.shop.sessionId, noted);
  }

  /** Send a command; rejects with `Refused`. */
  send(command) {
    const long = JSON.stringify(command).length > FRAME_CHARS_MAX;
    return long ? this.office.command(command) : this.shop.send(command);
  }

  /**
   * Carry something out, one thing at a time for each `key`; a refusal is shown. Once
   * it is done `said` is shown, and `undo`, a command or a function, offered.
   */
  async attempt(key, work, { said = null, undo = null } = {}) {
    if (this.state.busy.has(key)) return false;
    this.change({ busy: new Set(this.state.busy).add(key) });
    try {
      await work();
      const back = undo?.type ? () => this.run(undo) : undo;
      if (said) this.say(said, { undo: back });
      return true;
    } catch (refusal) {
      this.say(this.explain(refusal), { problem: true });
      return false;
    } finally {
      this.change({ busy: new Set([...this.state.busy].filter((each) => each !== key)) });
    }
  }

  /** Carry out pieces of work one after the other: each begins with what the one before did. */
  inTurn(work) {
    const turn = this.#turn.then(work);
    this.#turn = turn.catch(() => null);
    return turn;
  }

  run(command, how) {
    const key = `${command.type}:${command.product_id ?? command.id ?? command.viewer_id ?? ""}`;
    return this.attempt(key, () => this.send(command), how);
  }

  /** Say in a sentence why something was refused, to a host. */
  explain(refusal) {
    if (refusal.code === "unavailable" || refusal.code === "busy") return t("console.try_again");
    if (refusal.code === "offline") return t("console.not_sent");
    if (refusal.code === "sold_out") return t("console.too_many_units", { n: refusal.left });
    const bare = ["bad_request", "conflict", "limit", "not_found"].includes(refusal.code);
    if (bare || !refusal.code) return t("console.refused", { reason: refusal.message });
    return sentence(refusal, { session: this.shop.state.session });
  }

  #hear(message) {
    if (message === null) return;
    if (message.type === "welcome" && this.isModerator) this.#catchUp();
    if (message.type === "order") this.#orders.hear(message);
    if (message.type === "product.pinned") this.#putOnAir(message.product_id);
    if (message.type === "session.started") this.change({ startedAtMs: message.at_ms });
    if (message.type === "session.ended") this.#refresh({ always: true });
    for (const hear of this.slots.in("hear")) hear(this, message);
  }

  #putOnAir(productId) {
    if (this.shown.at(-1) !== productId) this.shown = [...this.shown, productId].slice(-SHOWN_KEPT);
    if (this.state.startsOver) this.change({ startsOver: false });
  }

  async #catchUp() {
    const wanted = [this.#readPlan()];
    if (this.isHost) wanted.push(...this.#readShares(), this.#orders.read());
    await Promise.all(wanted);
  }

  /** Read the plan; an answer from before it was changed here is older than what is known. */
  #readPlan() {
    const changes = this.#planned;
    return this.#read("plan", async () => {
      const plan = await this.office.read("plan");
      return changes === this.#planned ? plan : this.state.plan;
    });
  }

  #readShares() {
    return this.slots.in("read").map((name) => this.#read(name, () => this.office.read(name)));
  }

  /** Read a part of the state; a failure waits for the next occasion: it must not stop a show. */
  async #read(name, ask) {
    try {
      this.change({ [name]: await ask() });
    } catch (refusal) {
      console.info(`${name}: ${refusal.message}`);
    }
  }

  /** Show the orders; a show that is over has other figures by each of them. */
  #putOrders(orders) {
    this.learnNames(orders.filter(({ name }) => name)
      .map(({ viewer_id: id, name }) => ({ id, name })));
    this.change({ orders });
    if (this.shop.state.session?.status === "ended") this.#readShares();
  }

  async #refresh({ always = false } = {}) {
    const { session, line } = this.shop.state;
    const on = session?.status === "live" || session?.status === "paused";
    if (line !== "open" || !this.isHost || !(on || always)) return;
    // The plan is changed by those who help, at other computers.
    await Promise.all([this.#readPlan(), ...this.#readShares(), this.#orders.read()]);
  }

  #expire() {
    const { exp = Infinity } = this.rights.claims;
    if (!this.state.expired && this.shop.now() >= exp * 1000) this.change({ expired: true });
  }

  /** Read the orders that have changed. */
  readOrders() {
    return this.#orders.read();
  }

  /** Cancel an order, and read what has become of it. */
  cancelOrder(orderId) {
    return this.attempt(`cancel:${orderId}`, async () => {
      await this.office.cancel(orderId);
      await this.#orders.read();
    }, { said: t("console.order_cancelled") });
  }

  /** Read the lowest prices; they are asked for when a price is about to change. */
  readLowest() {
    return this.#read("lowest", async () => (await this.office.read("prices")).lowest);
  }

  /** Plan a product's sale, or none if `sale` is null. */
  planSale(productId, sale) {
    return this.#replan(({ sales }) => ({ sales: withOne(sales, productId, sale) }));
  }

  /** Keep what is to be said of a product; an empty text is none. */
  keepNote(productId, text) {
    return this.#replan(({ notes }) => ({ notes: withOne(notes ?? {}, productId, text || null) }));
  }

  /** Change the plan as it is by now: others may have changed other parts of it. */
  async #replan(change) {
    const plan = await this.office.read("plan");
    this.#planned += 1;
    this.change({ plan: await this.office.savePlan({ ...plan, ...change(plan) }) });
  }

  /** Learn what viewers are called, as {id, name}. */
  learnNames(viewers) {
    const fresh = viewers.filter(({ id, name }) => this.state.names[id] !== name);
    if (fresh.length === 0) return;
    const named = Object.fromEntries(fresh.map(({ id, name }) => [id, name]));
    this.change({ names: { ...this.state.names, ...named } });
  }
}
