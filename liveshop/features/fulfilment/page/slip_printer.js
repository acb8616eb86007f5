/**
 * Prints slips, one sheet a slip, those that wait together. A browser asks before it prints, unless
 * it was started to print at once (Chromium: `--kiosk-printing`).
 */

import { tabStorage } from "../../../pages/client/storage.js";
import { html, render } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { Slip } from "./slip.js";

const isSold = ({ status }) => status === "confirmed";

export class SlipPrinter {
  #desk;
  #place;
  #done = null; // the ids of the orders that need no slip, while slips are printed as they come
  #waiting = [];
  #isPrinting = false;
  #shop; // the name of the shop, which is read once
  #stop = () => {};

  constructor(desk) {
    this.#desk = desk;
    this.#place = `liveshop:slips:${desk.office.sessionId}`;
  }

  /** Print slips as orders come, from now on; or no longer. */
  async turn(on) {
    if (!on) {
      this.#stop();
      tabStorage().removeItem(this.#place);
      this.#desk.change({ slips: false });
      return;
    }
    await this.#desk.readOrders();
    this.#follow(this.#desk.state.orders.filter(isSold).map(({ order_id }) => order_id));
  }

  /** Go on as before a reload of the page. */
  resume() {
    const kept = tabStorage().getItem(this.#place);
    if (kept !== null && !this.#desk.state.slips) this.#follow(JSON.parse(kept));
  }

  /** Print the slip of an order now. */
  print(order) {
    this.#waiting.push(order.order_id);
    return this.#printAll();
  }

  #follow(done) {
    this.#done = new Set(done);
    this.#desk.change({ slips: true });
    this.#stop = this.#desk.subscribe(() => this.#look());
    this.#look();
  }

  #look() {
    const fresh = this.#desk.state.orders
      .filter((order) => isSold(order) && !this.#done.has(order.order_id))
      .map(({ order_id }) => order_id).reverse();
    if (fresh.length === 0) return;
    for (const id of fresh) this.#done.add(id);
    tabStorage().setItem(this.#place, JSON.stringify([...this.#done]));
    this.#waiting.push(...fresh);
    this.#printAll();
  }

  async #printAll() {
    if (this.#isPrinting) return;
    this.#isPrinting = true;
    while (this.#waiting.length > 0) {
      const ids = this.#waiting;
      this.#waiting = [];
      if (await this.#desk.attempt("slips", () => this.#printThese(ids))) continue;
      this.#waiting = [...ids, ...this.#waiting]; // with the next, then
      break;
    }
    this.#isPrinting = false;
  }

  async #printThese(ids) {
    const { office, state: { names } } = this.#desk;
    const slips = await Promise.all(ids.map((id) => office.ask("GET", `/api/orders/${id}/slip`)));
    this.#shop ??= (await office.read("brand").catch(() => ({}))).name ?? "";
    const buyerOf = ({ name, viewer_id }) => name || names[viewer_id] || viewer_id;
    await onPaper(slips.map((slip) => html`
      <${Slip} key=${slip.order_id} slip=${slip} shop=${this.#shop} buyer=${buyerOf(slip)} />`));
    this.#desk.say(t("fulfilment.printed", { n: slips.length }));
  }
}

/** Put something on paper only; resolves once the browser has taken it, or was told not to. */
function onPaper(content) {
  const paper = document.createElement("div");
  paper.className = "paper";
  document.body.append(paper);
  render(content, paper);
  return new Promise((done) => {
    addEventListener("afterprint", () => {
      render(null, paper);
      paper.remove();
      done();
    }, { once: true });
    print();
  });
}
