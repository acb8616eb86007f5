/** The products of a practice: those of the show's shelf, and what is made up meanwhile. */

import { refuse } from "./practice_refuse.js";

const FOUND_MAX = 30;

export class Catalogue {
  #products = new Map();
  #kept = new Map(); // SKU → units of what was taken off the shelf

  constructor(shelf) {
    for (const { product_id, title, image, variants } of shelf) {
      const stocked = variants.map((v) => ({ ...v, stock: v.left }));
      this.#products.set(product_id, { product_id, title, image, variants: stocked });
    }
  }

  /** Find products whose title or SKUs have these words. */
  search(q) {
    const words = q.trim().toLowerCase();
    const has = ({ title, variants }) =>
      [title, ...variants.map((v) => v.sku)].some((text) => text.toLowerCase().includes(words));
    return [...this.#products.values()].filter(has).slice(0, FOUND_MAX);
  }

  make(product) {
    this.#products.set(product.product_id, product);
    return product;
  }

  /** Remember the units of a product that leaves the shelf. */
  keep(product) {
    for (const { sku, left } of product.variants) this.#kept.set(sku, left);
  }

  /** Return the product that `product.add` puts on the shelf. */
  offer({ product_id, units, limit, prices = {}, kept = false }) {
    const product = this.#products.get(product_id);
    const offered = product.variants.filter((v) => v.sku in units);
    const short = offered.find((v) => !kept && units[v.sku] > v.stock);
    if (short) refuse("sold_out", short.sku, { left: short.stock });
    const variants = offered.map(({ sku, label, price, was = null }) => ({
      sku, label, price: prices[sku] ?? price, was, limit,
      left: (this.#kept.get(sku) ?? 0) + (kept ? 0 : units[sku]),
    }));
    for (const variant of kept ? [] : offered) variant.stock -= units[variant.sku];
    const { title, image } = product;
    return { product_id, title, image, variants };
  }
}
