/** The orders of a show as its host knows them: heard at once, and read over HTTP with names. */

const TOGETHER_MS = 200;
export const ORDERS_MAX = 5_000;
// An order goes one way; an answer of HTTP and a message of the socket may overtake each other.
const STAGES = { pending: 0, confirmed: 1, void: 2, cancelled: 2, refunded: 3 };

/** The status that comes later in the life of an order. */
const later = (one, other) => (STAGES[one] > STAGES[other] ? one : other);

export class OrderBook {
  #office;
  #put;
  #isNamed;
  #kept = new Map(); // by order_id
  #heard = [];
  #timer = 0;
  #next = 0;
  #asked = new Set(); // buyers whose name was asked for once

  /**
   * `put(orders)` is told all orders, the newest first, after each change; `isNamed(viewerId)` says
   * whether the name of a buyer is known.
   */
  constructor(office, put, isNamed) {
    this.#office = office;
    this.#put = put;
    this.#isNamed = isNamed;
  }

  /** Take in an order that the server told; those of one moment come in together. */
  hear(order) {
    this.#heard.push(order);
    this.#timer ||= setTimeout(() => this.#takeIn(), TOGETHER_MS);
  }

  /** Read the orders that have changed; a failure waits for the next occasion. */
  async read() {
    try {
      const { orders, next } = await this.#office.orders(this.#next);
      this.#next = next;
      this.#keep(orders);
    } catch (refusal) {
      console.info(`orders: ${refusal.message}`);
    }
  }

  close() {
    clearTimeout(this.#timer);
  }

  #takeIn() {
    this.#timer = 0;
    const heard = this.#heard;
    this.#heard = [];
    this.#keep(heard);
    // A message of the socket has no name; it is asked for once, since many buyers have none.
    const strangers = heard.map(({ viewer_id }) => viewer_id)
      .filter((id) => !this.#isNamed(id) && !this.#asked.has(id));
    for (const id of strangers) this.#asked.add(id);
    if (strangers.length > 0) this.read();
  }

  #keep(changed) {
    if (changed.length === 0) return;
    for (const order of changed) {
      const known = this.#kept.get(order.order_id);
      const status = later(known?.status, order.status);
      this.#kept.set(order.order_id, { ...known, ...order, status });
    }
    const orders = [...this.#kept.values()].sort((a, b) => b.at_ms - a.at_ms);
    for (const { order_id } of orders.splice(ORDERS_MAX)) this.#kept.delete(order_id);
    this.#put(orders);
  }
}
