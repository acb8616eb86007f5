/** On a phone, over the chat and the orders: what is on air meanwhile, in one line. */

import { html } from "../shared/html.js";
import { clock } from "../shared/i18n.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { onAir, saleOf } from "./show.js";
import { Price } from "./stage.js";

export function AirBar() {
  const session = useShopState((state) => state.session);
  const product = onAir(session);
  if (product === null) return null;
  const sale = saleOf(session, product);
  return html`
    <p class="air-bar"><bdi class="title">${product.number} · ${product.title}</bdi>
      <${Price} session=${session} product=${product} />
      ${sale && html`<${Clock} sale=${sale} />`}</p>`;
}

function Clock({ sale }) {
  const shop = useShop();
  const seconds = useTicked(() => shop.secondsTo(sale.ends_at_ms));
  return html`<b class="urgent">${clock(seconds)}</b>`;
}
