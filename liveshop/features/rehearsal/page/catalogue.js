/** The catalogue of a rehearsal: the shop's products with stock of their own, and made-up ones. */

const FOUND_MAX = 30;

export class Catalogue {
  #products = new Map(); // by id: those of the shelf, those that were found, those that were made
  #partial = new Set(); // ids of those found of which only the first variants were listed

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
    for (const product of products) {
      this.#products.set(product.product_id, product);
      this.#partial.delete(product.product_id);
    }
  }

  get(productId) {
    return this.#products.get(productId);
  }

  /** Add units that have come in to the stock of a product. */
  grow(productId, units) {
    const product = this.#products.get(productId);
    const variants = product.variants.map((v) => ({ ...v, stock: v.stock + (units[v.sku] ?? 0) }));
    this.keep([{ ...product, variants }]);
  }

  /** Whether a product has more variants than were listed. */
  isPartial({ product_id }) {
    return this.#partial.has(product_id);
  }

  /** Return what of a search by `q` can be put on the shelf; `real` is what the shop has found. */
  search(q, real) {
    const fresh = real.filter(({ product_id }) => !this.#products.has(product_id));
    this.keep(fresh.map(listed));
    for (const { product_id, variants_total } of fresh) {
      if (variants_total !== undefined) this.#partial.add(product_id);
    }
    const words = q.trim().toLowerCase();
    const has = ({ title, variants }) =>
      [title, ...variants.map((v) => v.sku)].some((text) => text.toLowerCase().includes(words));
    const found = new Set(real.map(({ product_id }) => product_id));
    return [...this.#products.values()]
      .filter((product) => found.has(product.product_id) || has(product)).slice(0, FOUND_MAX);
  }

  /** Return the products that a command is decided by: those whose stock it takes from. */
  offered(command) {
    const takes = ["product.add", "stock.add"].includes(command?.type);
    const product = takes && this.#products.get(command.product_id);
    return product ? [product] : [];
  }
}

/** Return of a product of the shop what a rehearsal has of it. */
export const listed = ({ product_id, title, image, variants }) =>
  ({ product_id, title, image, variants });
