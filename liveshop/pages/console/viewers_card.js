/** The card that viewers have over the video, at the instant at which their video shows it. */

import { holdBack, stillHeld, withheld } from "../client/held_back.js";
import { priceAt } from "../client/state.js";
import { html, useEffect, useRef, useState } from "../shared/html.js";
import { clock, money, t } from "../shared/i18n.js";
import { useShop, useShopState, useTick } from "../shared/shop.js";
import { saleOf } from "./show.js";

/** Return the session as viewers have it whose video is `delayMs` behind. */
function useViewersSession(delayMs) {
  const shop = useShop();
  const session = useShopState((state) => state.session);
  const held = useRef([]);
  const [, draw] = useState(0);
  useEffect(() => shop.subscribe((state, message) => {
    if (message === null) return;
    if (message.type === "session") held.current = [];
    const list = holdBack(held.current, message, shop.features ?? []);
    if (list !== held.current) draw((count) => count + 1);
    held.current = list;
  }), [shop]);
  useTick();
  held.current = stillHeld(held.current, shop.now(), delayMs);
  return withheld(session, held.current, shop.features ?? []);
}

/** The card of the product that viewers were shown last. */
export function ViewersCard({ delayMs }) {
  const shop = useShop();
  const session = useViewersSession(delayMs);
  const product = session.shelf.find((p) => p.product_id === session.pinned.at(-1));
  if (!product) return null;
  const now = shop.now() - delayMs;
  const sale = saleOf(session, product);
  const running = sale !== null && sale.starts_at_ms <= now;
  const prices = product.variants.map((v) => priceAt(session, product, v, now).price);
  const seconds = running ? Math.max(0, Math.ceil((sale.ends_at_ms - shop.now()) / 1000)) : 0;
  return html`
    <div class="viewers-card" role="group" aria-label=${t("console.preview_card")}>
      ${running && html`<p class="viewers-sale"><span>⚡ ${t("console.flash_sale")}</span>
        <span>${clock(seconds)}</span></p>`}
      <p class="viewers-product">
        ${product.image && html`
          <img class="thumb" src=${product.image} alt="" width="28" height="28" />`}
        <span><bdi class="title">${product.title}</bdi>
          <b>${money(Math.min(...prices), session.currency)}</b></span></p>
    </div>`;
}
