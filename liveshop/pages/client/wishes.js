/**
 * Wishes to buy, each under one rid until it is answered: through a reconnect, through a reload
 * of the page, and through every refusal that says to try again.
 */

import { OPEN, changeAll, put, without } from "./state.js";
import { uuid } from "./uuid.js";

const RETRY_MS_MIN = 500;
// An older wish to buy is not sent again.
const WISH_MS_MAX = 120_000;
const AGAIN = new Set(["busy", "unavailable", "rate_limited"]);

const isYoung = ({ at_ms }) => Date.now() - at_ms < WISH_MS_MAX;
const isWorthAnother = (refusal, wish) => AGAIN.has(refusal.code) && isYoung(wish);

export class Wishes {
  #read;
  #write;
  #ask;

  /** `read()` and `write(mine)` reach what the buyer has, `ask(command)` the server. */
  constructor({ read, write, ask }) {
    this.#read = read;
    this.#write = write;
    this.#ask = ask;
  }

  /**
   * Buy or reserve; returns the rid. A refusal binds nothing, and after `unavailable` the outcome
   * is unknown: the same wish goes on with the same rid, so that two taps cannot be two orders.
   */
  add(wish) {
    // Codes are a list.
    const same = (p) => ["command", "sku", "quantity", "codes"].every(
      (field) => String(p[field]) === String(wish[field]));
    const failed = this.#read().purchases.find((p) => p.state === "failed" && same(p));
    const rid = failed?.rid ?? uuid();
    const begun = { state: "sending", error: null, at_ms: Date.now() };
    this.#write(put(this.#read(), rid, { ...wish, ...begun }));
    this.#attempt(rid);
    return rid;
  }

  /** Order reservations, all or none, by `terms`, its `codes` and `total`; returns its id. */
  checkout(rids, terms) {
    const intent = { order_id: uuid(), rids, ...terms, at_ms: Date.now() };
    const mine = this.#read();
    const checkouts = [...mine.checkouts, intent];
    this.#write(changeAll({ ...mine, checkouts }, rids, { error: null }));
    this.#attemptCheckout(intent.order_id);
    return intent.order_id;
  }

  /** Forget a purchase that has ended, or one that was given up. */
  dismiss(rid) {
    const mine = this.#read();
    this.#write({ ...mine, purchases: without(mine.purchases, "rid", rid) });
  }

  /** Go on after a `welcome`: wishes that it does not name have ended or never arrived. */
  resume({ orders }) {
    const known = new Set(orders.map((order) => order.order_id));
    const mine = this.#read();
    const checkouts = mine.checkouts.filter((c) => !known.has(c.order_id) && isYoung(c));
    this.#write({ ...mine, checkouts });
    for (const wish of mine.purchases.filter((p) => p.state === "sending")) {
      const tooOld = { state: "failed", error: { code: "offline" } };
      if (isYoung(wish)) this.#attempt(wish.rid);
      else this.#write(put(this.#read(), wish.rid, tooOld));
    }
    for (const { order_id } of checkouts) this.#attemptCheckout(order_id);
  }

  async #attempt(rid) {
    const wish = this.#read().purchases.find((p) => p.rid === rid);
    if (wish?.state !== "sending") return;
    const { command, sku, quantity, price, codes } = wish;
    const refusal = await this.#refusal({ type: command, rid, sku, quantity, price, codes });
    // It may have been answered on another connection, or dismissed, while this one waited.
    const now = this.#read().purchases.find((p) => p.rid === rid);
    if (!refusal || now?.state !== "sending") return;
    const again = isWorthAnother(refusal, wish);
    const change = { state: again ? "sending" : "failed", error: refusal };
    this.#write(put(this.#read(), rid, change));
    if (again) this.#later(() => this.#attempt(rid), refusal);
  }

  async #attemptCheckout(orderId) {
    const intent = this.#read().checkouts.find((c) => c.order_id === orderId);
    if (!intent) return;
    const { order_id, rids, codes, total } = intent;
    const refusal = await this.#refusal({ type: "checkout", order_id, rids, codes, total });
    // The line went; the next welcome goes on.
    if (refusal === undefined) return;
    const again = refusal && isWorthAnother(refusal, intent);
    const mine = this.#read();
    const checkouts = again ? mine.checkouts : without(mine.checkouts, "order_id", order_id);
    this.#write(refusal ? changeAll({ ...mine, checkouts }, rids, { error: refusal })
      : { ...mine, checkouts });
    if (again) this.#later(() => this.#attemptCheckout(order_id), refusal);
  }

  #later(retry, { retry_after_ms }) {
    // A crowd is told the same: all of it must not come back at once.
    const wait_ms = retry_after_ms ?? RETRY_MS_MIN;
    setTimeout(retry, wait_ms + Math.random() * Math.max(RETRY_MS_MIN, wait_ms / 2));
  }

  /** Return the refusal of a command, null where it was answered, undefined without a line. */
  async #refusal(command) {
    try {
      await this.#ask(command);
      return null;
    } catch (refusal) {
      return refusal.code === "offline" ? undefined : refusal;
    }
  }
}

/** Return the part of the buyer's state that is kept from one load of the page to the next. */
export function kept({ purchases, checkouts }) {
  return { purchases: purchases.filter((p) => OPEN.has(p.state)), checkouts };
}
