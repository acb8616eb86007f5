/** The console's requests over HTTP: what a show has, plans, the catalogue, orders. */

import { ask, askJson } from "../shared/api.js";
import { searchCatalogue, wholeProduct } from "../shared/catalogue.js";
import { uploadPicture } from "../shared/upload.js";

const PAGE = 200;

/** The office of one show; everything rejects with `Refused`. */
export class Office {
  #token;
  #path;

  constructor(sessionId, token) {
    this.#token = token;
    this.#path = `/api/sessions/${encodeURIComponent(sessionId)}`;
    this.sessionId = sessionId;
  }

  /** Where viewers watch the show. */
  get link() {
    return `${location.origin}/watch/${encodeURIComponent(this.sessionId)}`;
  }

  /** Where a part of the console is a dock; the address has the token of this page. */
  dockLink(dock) {
    const path = `/host/${encodeURIComponent(this.sessionId)}?dock=${dock}`;
    return `${location.origin}${path}#token=${encodeURIComponent(this.#token)}`;
  }

  /** Read a thing that the show has: "plan", "prices", or what a feature serves for a session. */
  read(what) {
    return this.#json("GET", `${this.#path}/${what}`);
  }

  /** Read a page of a list about the show; `after` is the `next` of the page before. */
  list(what, after) {
    const query = new URLSearchParams({ session: this.sessionId, ...(after && { after }) });
    return this.#json("GET", `/api/${what}?${query}`);
  }

  /** Ask for something that a feature serves. */
  ask(method, path, body) {
    return this.#json(method, path, body);
  }

  savePlan(plan) {
    return this.#json("PUT", `${this.#path}/plan`, plan);
  }

  /** Carry out a command that is too long for the socket. */
  command(command) {
    return this.#json("POST", `${this.#path}/commands`, command);
  }

  /** Have a step of a rehearsal decided; nothing is stored. */
  rehearse(step) {
    return this.#json("POST", `${this.#path}/rehearse`, step);
  }

  search(q) {
    return searchCatalogue(q, { token: this.#token });
  }

  /** Return a product that was found, with all of its variants. */
  whole(product) {
    return wholeProduct(product, { token: this.#token });
  }

  /** Return a product of the catalogue, with what is free of each variant. */
  product(productId) {
    return this.#json("GET", `/api/products/${encodeURIComponent(productId)}`);
  }

  /** Add units that have come in to the stock; the same wish, sent again, has the same key. */
  addUnits(product_id, units, key) {
    return this.#json("POST", "/api/products/stock", { product_id, units }, key);
  }

  makeProduct(product) {
    return this.#json("POST", "/api/products", product);
  }

  /** Upload a picture, as `uploadPicture` does. */
  upload(file, progress, signal) {
    return uploadPicture(file, this.#token, progress, signal);
  }

  cancel(orderId) {
    return this.#json("POST", `/api/orders/${orderId}/cancel`, {});
  }

  /** Read the orders that have changed since `after`; returns them and the next `after`. */
  async orders(after) {
    const orders = [];
    for (let next = after; ;) {
      const query = new URLSearchParams({ session: this.sessionId, after: next, limit: PAGE });
      const page = await this.#json("GET", `/api/orders?${query}`);
      orders.push(...page.orders);
      next = page.next;
      if (page.orders.length < PAGE) return { orders, next };
    }
  }

  /** Save a thing that the show has as a file, named for the show. */
  async save(what, name) {
    const answer = await ask("GET", `${this.#path}/${what}`, { token: this.#token });
    const address = URL.createObjectURL(await answer.blob());
    const link = document.createElement("a");
    Object.assign(link, { href: address, download: `${this.sessionId}-${name}` });
    link.click();
    URL.revokeObjectURL(address);
  }

  #json(method, path, body, key) {
    return askJson(method, path, { token: this.#token, body, key });
  }
}
