/** The host's feed of orders: those there were, then each as it is confirmed. */

import { getJson } from "./api.js";
import { h } from "./dom.js";
import { money, nameOf, timeOfDay } from "./words.js";

const SHOWN_MAX = 50;
const PAGE = 200;

export class OrderFeed {
  #path;
  #token;
  #orders = new Map();
  #next = 0;

  constructor(sessionId, token) {
    this.#path = `/api/orders?session=${encodeURIComponent(sessionId)}&limit=${PAGE}`;
    this.#token = token;
  }

  /** Read what has changed since the last time; none is missed, whatever the line did. */
  async load() {
    for (let more = true; more; ) {
      const page = await getJson(`${this.#path}&after=${this.#next}`, this.#token);
      for (const order of page.orders) this.put(order);
      this.#next = page.next;
      more = page.orders.length === PAGE;
    }
  }

  put(order) {
    this.#orders.set(order.order_id, order);
    if (this.#orders.size > 2 * SHOWN_MAX) {
      this.#orders = new Map(this.#newest().map((kept) => [kept.order_id, kept]));
    }
  }

  #newest() {
    return [...this.#orders.values()].sort((a, b) => b.at_ms - a.at_ms).slice(0, SHOWN_MAX);
  }

  /** Describe the section: what was sold in all, and the newest orders. */
  view(session, stats) {
    const newest = this.#newest();
    const total = stats ? `${stats.orders} · ${money(stats.revenue, session.currency)}` : "";
    return [
      h("h2", {}, "Orders ", h("span", { class: "number" }, total)),
      stats && h("p", { class: "note" }, `Units sold: ${stats.units}, in carts: ${stats.held}`),
      newest.length === 0
        ? h("p", {}, "No orders yet. They appear here as they are confirmed.")
        : h("ul", { class: "orders", "aria-label": "Newest orders" },
            newest.map((order) => this.#row(order, session))),
    ];
  }

  #row({ order_id, at_ms, lines, total, currency, status, viewer_id }, session) {
    const names = lines.map((l) => `${nameOf(session, l.sku)} × ${l.quantity}`).join(" · ");
    return h("li", { key: order_id, class: "line" },
      h("span", {}, names),
      h("span", { class: "number" }, money(total, currency)),
      h("span", { class: "deadline" },
        `${timeOfDay(at_ms)}, ${viewer_id}, ${status === "confirmed" ? "✓ confirmed" : status}`));
  }
}
