/** The rules about products that the console's parts share, and the commands on products. */

import { t } from "../shared/i18n.js";

const LOW_UNITS = 5;
export const PINS_MAX = 3;

export const saleOf = (session, { product_id }) =>
  session.sales.find((sale) => sale.product_id === product_id) ?? null;

export const unitsLeft = ({ variants }) => variants.reduce((sum, v) => sum + v.left, 0);

/** How a number of units is to be marked: "gone", "low", or not at all. */
export function stockMark(left) {
  if (left === 0) return "gone";
  return left <= LOW_UNITS ? "low" : "";
}

/** The product to pin next: after what was pinned last, the first that can be sold. */
export function nextProduct({ shelf, pinned }) {
  const last = shelf.findIndex((p) => p.product_id === pinned.at(-1));
  const after = shelf.slice(last + 1).filter((p) => !pinned.includes(p.product_id));
  return after.find((p) => unitsLeft(p) > 0) ?? after[0] ?? null;
}

/** Show only this product: the products that were shown before are unpinned. */
async function pinOnly(desk, product) {
  const { pinned } = desk.shop.state.session;
  const { product_id, title } = product;
  await desk.attempt(`product.pin:${product_id}`, async () => {
    const full = pinned.length >= PINS_MAX;
    if (full) await desk.send({ type: "product.unpin", product_id: pinned[0] });
    await desk.send({ type: "product.pin", product_id });
    const others = full ? pinned.slice(1) : pinned;
    for (const other of others) await desk.send({ type: "product.unpin", product_id: other });
  }, { said: t("console.pinned_said", { title }), undo: { type: "product.unpin", product_id } });
}

/** Pin the next product of the run of show in place of the last. */
export function pinNext(desk) {
  const product = nextProduct(desk.shop.state.session);
  return product ? pinOnly(desk, product) : null;
}

export function pin(desk, { product_id, title }) {
  return desk.run({ type: "product.pin", product_id }, {
    said: t("console.pinned_said", { title }), undo: { type: "product.unpin", product_id },
  });
}

export function unpin(desk, { product_id, title }) {
  return desk.run({ type: "product.unpin", product_id }, {
    said: t("console.unpinned_said", { title }), undo: { type: "product.pin", product_id },
  });
}

/** Put a product that was taken off the shelf where it was, with the units it still has. */
async function putBack(desk, { product_id, variants }, { order, wasPinned }) {
  const by = (read) => Object.fromEntries(variants.map((v) => [v.sku, read(v)]));
  const others = desk.shop.state.session.shelf.map((p) => p.product_id);
  const here = new Set([...others, product_id]);
  const product_ids = [...new Set([...order.filter((id) => here.has(id)), ...others])];
  await desk.attempt(`product.add:${product_id}`, async () => {
    await desk.send({ type: "product.add", product_id, units: by(() => 1), kept: true,
      limit: variants[0].limit, prices: by((v) => v.price) });
    if (product_ids.at(-1) !== product_id) await desk.send({ type: "shelf.order", product_ids });
    if (wasPinned) await desk.send({ type: "product.pin", product_id });
  });
}

/** Take a product off the shelf; its sale, if it has one, is over. */
export function remove(desk, product) {
  const { shelf, pinned } = desk.shop.state.session;
  const { product_id, title } = product;
  const before = {
    order: shelf.map((p) => p.product_id), wasPinned: pinned.includes(product_id),
  };
  return desk.run({ type: "product.remove", product_id }, {
    said: t("console.removed", { title }), undo: () => putBack(desk, product, before),
  });
}

export function unpinLast(desk) {
  const { shelf, pinned } = desk.shop.state.session;
  const product = shelf.find((p) => p.product_id === pinned.at(-1));
  return product ? unpin(desk, product) : null;
}

/** Return a price less a percentage, rounded half up in minor units, as the server does. */
export function percentOff(price, percent) {
  return Math.floor((price * (100 - percent) + 50) / 100);
}
