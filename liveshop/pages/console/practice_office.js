/** The office of a practice: it reads what the real desk knows already, and asks nobody. */

export class PracticeOffice {
  #shop;
  #plan;

  constructor(shop, real) {
    this.#shop = shop;
    this.#plan = real.state.plan;
    this.link = real.office.link;
    this.sessionId = shop.sessionId;
  }

  async summary() {
    const { session, stats } = this.#shop.state;
    return { ...this.#shop.summary, ...stats, likes: session.likes, status: session.status };
  }

  async plan() {
    return this.#plan;
  }

  async savePlan(plan) {
    this.#plan = plan;
    return plan;
  }

  async prices() {
    return {};
  }

  async words() {
    return this.#shop.words;
  }

  command(command) {
    return this.#shop.send(command);
  }

  async search(q) {
    return this.#shop.catalogue.search(q);
  }

  async makeProduct(product) {
    return this.#shop.catalogue.make(product);
  }

  async cancel(orderId) {
    this.#shop.cancel(orderId);
  }

  async orders(after) {
    return { orders: [], next: after };
  }
}
