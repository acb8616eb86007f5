/** The office of a rehearsal: it reads of the real show what both have, and changes nothing. */

import { listed } from "./catalogue.js";

// The things that a rehearsal has of its own.
const READS = {
  plan: (shop, plan) => plan,
  summary: (shop) => shop.figures.summary(shop.state.session),
  words: (shop) => ({ words: shop.words }),
};

export class RehearsalOffice {
  #shop;
  #real;
  #plan;

  /** `shop` is the rehearsal's, `real` the desk of the real show. */
  constructor(shop, real) {
    this.#shop = shop;
    this.#real = real.office;
    this.#plan = real.state.plan;
    this.link = real.office.link;
    this.sessionId = shop.sessionId;
  }

  async read(what) {
    const own = READS[what];
    return own ? own(this.#shop, this.#plan) : this.#real.read(what);
  }

  async savePlan(plan) {
    this.#plan = plan;
    return plan;
  }

  command(command) {
    return this.#shop.send(command);
  }

  async search(q) {
    return this.#shop.catalogue.search(q, await this.#real.search(q));
  }

  async whole(product) {
    const { catalogue } = this.#shop;
    if (!catalogue.isPartial(product)) return product;
    catalogue.keep([listed(await this.#real.whole({ ...product, variants_total: 0 }))]);
    return catalogue.get(product.product_id);
  }

  async product(productId) {
    return this.#shop.catalogue.get(productId);
  }

  async addUnits(productId, units) {
    this.#shop.catalogue.grow(productId, units);
  }

  async makeProduct(product) {
    this.#shop.catalogue.keep([listed(product)]);
    return product;
  }

  cancel(orderId) {
    return this.#shop.send({ type: "order.cancel", order_id: orderId });
  }

  async orders(after) {
    return { orders: [], next: after };
  }
}
