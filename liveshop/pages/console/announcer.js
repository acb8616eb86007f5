/** Says sales and prices to those who listen to the page; chat and orders would never end. */

import { html, useEffect, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShop } from "../shared/shop.js";

const KEYS = {
  "sale.started": { key: "console.said.sale_started" },
  "sale.ended": { key: "console.said.sale_ended" },
  "product.repriced": { key: "console.said.repriced" },
  "product.sold_out": { key: "console.said.sold_out" },
  "product.pinned": { key: "console.said.pinned" },
};

export function Announcer() {
  const shop = useShop();
  const [text, setText] = useState("");
  useEffect(() => shop.subscribe((state, message) => {
    const said = KEYS[message?.type];
    const product = state.session?.shelf.find((p) => p.product_id === message?.product_id);
    if (said && product) setText(t(said.key, { title: product.title }));
  }), [shop]);
  return html`<p class="unseen" role="status" aria-live="polite">${text}</p>`;
}
