/** The office of a rehearsal: it reads of the real show what both have, and changes nothing. */

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

  async summary() {
    return this.#shop.figures.summary(this.#shop.state.session);
  }

  async plan() {
    return this.#plan;
  }

  async savePlan(plan) {
    this.#plan = plan;
    return plan;
  }

  prices() {
    return this.#real.prices();
  }

  async words() {
    return this.#shop.words;
  }

  command(command) {
    return this.#shop.send(command);
  }

  async search(q) {
    return this.#shop.catalogue.search(q, await this.#real.search(q));
  }

  async makeProduct(product) {
    this.#shop.catalogue.keep([product]);
    return product;
  }

  cancel(orderId) {
    return this.#shop.send({ type: "order.cancel", order_id: orderId });
  }

  async orders(after) {
    return { orders: [], next: after };
  }
}
