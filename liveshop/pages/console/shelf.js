/** The commands on the shelf: a product is taken off it and comes back, or moves in it. */

import { t } from "../shared/i18n.js";

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

/** Move a product to another place of the run of show. */
export function reorder(desk, { product_id, title }, to) {
  const before = desk.shop.state.session.shelf.map((p) => p.product_id);
  const others = before.filter((id) => id !== product_id);
  const product_ids = others.toSpliced(to, 0, product_id);
  return desk.run({ type: "shelf.order", product_ids }, {
    said: t("console.moved", { title, n: to + 1, of: before.length }),
    undo: { type: "shelf.order", product_ids: before },
  });
}
