/** The newest pin, which is shown as a card; older pins are the first on the shelf. */

import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { Card } from "./card.js";
import { useWide } from "./wide.js";

export function Pinned({ open }) {
  const wide = useWide();
  const pinned = useShopState(({ session }) => session.pinned);
  const shelf = useShopState(({ session }) => session.shelf);
  const product = pinned.map((id) => shelf.find((p) => p.product_id === id)).findLast(Boolean);
  return html`
    <section class="pinned" aria-label=${t("pinned.title")}>
      <h2 class="unseen">${t("pinned.title")}</h2>
      ${product ? html`
        <${Card} key=${product.product_id} product=${product}
          onMore=${() => open(`product:${product.product_id}`)} />`
        : html`
        <p class="nothing">${t("pinned.none")}
          ${!wide && html`<button type="button" onClick=${() => open("shelf")}>
            ${t("shelf.open")}</button>`}</p>`}
    </section>`;
}
