/** Searches the catalogue. */

import { askJson } from "./api.js";

const FOUND_MAX = 30;

/** Find the products whose title or SKUs have these words. */
export async function searchCatalogue(words, about) {
  const query = new URLSearchParams({ q: words, limit: FOUND_MAX });
  return (await askJson("GET", `/api/products?${query}`, about)).products;
}

/** Return a product with all of its variants: a list has only the first ones of many. */
export async function wholeProduct(product, about) {
  if (product.variants_total === undefined) return product;
  return askJson("GET", `/api/products/${encodeURIComponent(product.product_id)}`, about);
}
