/** Which variant of a product the viewer has chosen, wherever its card is shown. */

import { useEffect, useReducer } from "../shared/html.js";

const chosen = new Map(); // product → SKU
const listeners = new Set();

function choose(productId, sku) {
  chosen.set(productId, sku);
  for (const listener of listeners) listener();
}

/**
 * Choose the first variant that can be had, for good. If it sold out and another took its place, a
 * viewer who taps Buy at that moment would buy a variant that they have not looked at.
 */
function preselect({ product_id, variants }) {
  const first = variants.find((v) => v.left > 0);
  if (first) chosen.set(product_id, first.sku);
  return first ?? variants[0];
}

/** The chosen variant, or the one that was chosen for the viewer; and how to choose another. */
export function useChoice(product) {
  const { product_id, variants } = product;
  const [, draw] = useReducer((changes) => changes + 1, 0);
  useEffect(() => {
    listeners.add(draw);
    return () => listeners.delete(draw);
  }, []);
  const variant = variants.find((v) => v.sku === chosen.get(product_id)) ?? preselect(product);
  return [variant, (sku) => choose(product_id, sku)];
}
