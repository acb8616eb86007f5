/** Which variant of a product the viewer has chosen, wherever its card is shown. */

import { useEffect, useReducer } from "../shared/html.js";

const chosen = new Map(); // product → SKU
const listeners = new Set();

function choose(productId, sku) {
  chosen.set(productId, sku);
  for (const listener of listeners) listener();
}

/** The chosen variant, else the first that can be had; and how to choose another. */
export function useChoice({ product_id, variants }) {
  const [, draw] = useReducer((changes) => changes + 1, 0);
  useEffect(() => {
    listeners.add(draw);
    return () => listeners.delete(draw);
  }, []);
  const variant = variants.find((v) => v.sku === chosen.get(product_id))
    ?? variants.find((v) => v.left > 0) ?? variants[0];
  return [variant, (sku) => choose(product_id, sku)];
}
