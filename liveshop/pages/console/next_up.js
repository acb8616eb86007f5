/** The products that come next, the first of them one key away; behind the last, the way back. */

import { Action } from "../shared/action.js";
import { useDesk } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { pinNext } from "./pins.js";
import { NEXT_SHOWN, unitsLeft, upcoming } from "./show.js";
import { Price } from "./stage.js";

export function NextUp() {
  const session = useShopState((state) => state.session);
  const next = upcoming(session).slice(0, NEXT_SHOWN);
  if (session.shelf.length === 0) return null;
  return html`
    <section class="next-up" aria-label=${t("console.next_up")}>
      <h2>${t("console.next_up")}</h2>
      ${next.length === 0 ? html`<${Last} />` : html`
        <ul class="next-list">
          ${next.map((product, index) => html`
            <${Card} key=${product.product_id} session=${session} product=${product}
              isFirst=${index === 0} />`)}
        </ul>`}
    </section>`;
}

function Card({ session, product, isFirst }) {
  const desk = useDesk();
  const { product_id, number, title, image } = product;
  return html`
    <li class=${isFirst ? "next-card first" : "next-card"}>
      ${image && html`<img class="thumb" src=${image} alt="" width="40" height="40" />`}
      <span class="next-words"><bdi class="title clamp">${number} · ${title}</bdi>
        <span class="note"><${Price} session=${session} product=${product} />
          ${t("console.n_left", { n: unitsLeft(product) })}</span></span>
      ${isFirst && html`
        <${Action} does=${`product.pin:${product_id}`} primary shown="⏎"
          label=${t("console.pin_next_title", { title })} words=${t("console.pin")}
          onAct=${() => pinNext(desk)} />`}
    </li>`;
}

/** All products were shown: the run starts over with the second press. */
function Last() {
  const desk = useDesk();
  return html`
    <div class="next-card first"><span class="next-words">${t("console.last")}</span>
      <${Action} does="product.pin:" shown="⏎" words=${t("console.start_over")}
        onAct=${() => {
          desk.change({ startsOver: true });
          pinNext(desk);
        }} /></div>`;
}
