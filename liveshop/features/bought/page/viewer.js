/** The purchases of just now, as lines among those of the chat. */

import { html } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { Icon } from "../../../pages/shared/icon.js";
import { useShop } from "../../../pages/shared/shop.js";

const keys = new WeakMap();
let count = 0;

/** A purchase has no id of its own: the key of its line is its place among those told here. */
function key(item) {
  if (!keys.has(item)) keys.set(item, `bought${(count += 1)}`);
  return keys.get(item);
}

function Line({ item }) {
  const shop = useShop();
  const { product_id, quantity, name } = item;
  const product = shop.state.session.shelf.find((p) => p.product_id === product_id);
  const title = product?.title ?? "";
  const words = quantity > 1 ? t("bought.several", { name, n: quantity, title })
    : t("bought.one", { name, title });
  return html`<${Icon} name="check" /> <bdi>${words}</bdi>`;
}

export const slots = {
  line: { select: ({ bought }) => bought, key, kind: () => "good-news", Line },
};
