/** One product in a sheet, with all its variants. */

import { html, useEffect } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { Sheet } from "../shared/sheet.js";
import { useShop, useShopState } from "../shared/shop.js";
import { Card } from "./card.js";

export function ProductSheet({ productId, onClose }) {
  const shop = useShop();
  useEffect(() => shop.look(productId), [productId]);
  const product = useShopState(({ session }) =>
    session.shelf.find((p) => p.product_id === productId) ?? null);
  return html`
    <${Sheet} title=${product?.title ?? t("shelf.title")} onClose=${onClose}>
      ${product ? html`<${Card} product=${product} whole=${true} />`
        : html`<p>${t("refusal.not_found")}</p>`}
    <//>`;
}
