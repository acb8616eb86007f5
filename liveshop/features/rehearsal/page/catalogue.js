/** The catalogue of a rehearsal: the shop's products with stock of their own, and made-up ones. */

const FOUND_MAX = 30;

export class Catalogue {
  #products = new Map(); // by id: those of the shelf, those that were found, those that were made

  /** Take a shelf; each variant on it has as much in stock again. */
  constructor(shelf) {
    this.keep(shelf.map(({ product_id, title, image, variants }) => ({
      product_id, title, image,
      variants: variants.map(({ sku, label, price, was, left }) =>
        ({ sku, label, price, was, stock: left })),
    })));
  }

  /** Remember products as they are now. */
  keep(products) {
    for (const product of products) this.#products.set(product.product_id, product);
  }

  /** Return what of a search by `q` can be put on the shelf; `real` is what the shop has found. */
  search(q, real) {
    this.keep(real.filter(({ product_id }) => !this.#products.has(product_id)).map(listed));
    const words = q.trim().toLowerCase();
    const has = ({ title, variants }) =>
      [title, ...variants.map((v) => v.sku)].some((text) => text.toLowerCase().includes(words));
    const found = new Set(real.map(({ product_id }) => product_id));
    return [...this.#products.values()]
      .filter((product) => found.has(product.product_id) || has(product)).slice(0, FOUND_MAX);
  }

  /** Return the products that a command is decided by. */
  offered(command) {
    const product = command?.type === "product.add" && this.#products.get(command.product_id);
    return product ? [product] : [];
  }
}

const listed = ({ product_id, title, image, variants }) => ({ product_id, title, image, variants });
