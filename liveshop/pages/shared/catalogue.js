/** Searches the catalogue. */

import { askJson } from "./api.js";

const FOUND_MAX = 30;

/** Find the products whose title or SKUs have these words. */
export async function searchCatalogue(words, about) {
  const query = new URLSearchParams({ q: words, limit: FOUND_MAX });
  return (await askJson("GET", `/api/products?${query}`, about)).products;
}
