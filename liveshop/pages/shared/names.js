/** The names of SKUs, also of those that are no longer on the shelf: the catalogue knows them. */

import { untilDone } from "./again.js";
import { useEffect, useReducer } from "./html.js";
import { useShopState } from "./shop.js";
import { nameOf } from "./words.js";

// SKU → its name and its picture, once it was on the shelf or found in the catalogue
const known = new Map();

function learn(products) {
  for (const product of products) {
    for (const { sku } of product.variants) {
      known.set(sku, { name: nameOf({ shelf: [product] }, sku), image: product.image });
    }
  }
}

/** Look up what is not known, and call `draw` after each; `search(words)` asks the catalogue. */
async function find(skus, search, draw) {
  for (const sku of skus) {
    if (known.has(sku)) continue;
    learn(await search(sku));
    if (!known.has(sku)) known.set(sku, { name: sku, image: null });
    draw();
  }
}

/** Say what an order or a cart is of: "Ocean Blue Shirt, M × 1 · Clay pot × 2". */
export function linesWords(lines, name) {
  return lines.map(({ sku, quantity }) => `${name(sku)} × ${quantity}`).join(" · ");
}

/** Return the picture of a SKU, as far as it is known; null if there is none. */
export const pictureOf = (sku) => known.get(sku)?.image ?? null;

/** Return what names the SKUs of these lines; until a name is found it is "…". */
export function useNames(lines, search) {
  const shelf = useShopState(({ session }) => session.shelf);
  const [, draw] = useReducer((found) => found + 1, 0);
  learn(shelf);
  const missing = [...new Set(lines.map(({ sku }) => sku))].filter((sku) => !known.has(sku));
  const wanted = JSON.stringify(missing);
  useEffect(() => {
    return missing.length > 0 ? untilDone(() => find(missing, search, draw)) : undefined;
  }, [wanted]);
  return (sku) => known.get(sku)?.name ?? "…";
}
