/** The product on air, which is the one viewers see first, with its clock, units and keys. */

import { priceAt } from "../client/state.js";
import { Action } from "../shared/action.js";
import { variantAvailability } from "../shared/availability.js";
import { useDesk, useDeskState } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { money, t } from "../shared/i18n.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import { noteOf } from "./note_form.js";
import { unpin } from "./pins.js";
import {
  NoteButton, PinButton, PriceButton, RestockButton, SaleButton,
} from "./product_buttons.js";
import { SaleBand } from "./sale_band.js";
import { leftOf, leftWords, productOf, saleOf, stockMark, useAllocated } from "./show.js";

const KEYS = { start: "S", form: "⇧S", end: "E" };

export function Stage() {
  const session = useShopState((state) => state.session);
  const cards = session.pinned.map((id) => productOf(session, id)).filter(Boolean).reverse();
  const [first, ...others] = cards;
  return html`
    <section class="stage" aria-label=${t("console.stage")}>
      <h2 class="unseen">${t("console.stage")}</h2>
      ${first ? html`<${Card} key=${first.product_id} session=${session} product=${first} />`
        : html`<${NothingOnAir} session=${session} />`}
      ${others.length > 0 && html`
        <ul class="air-others" aria-label=${t("console.stage_others")}>
          ${others.map((product) => html`
            <${Other} key=${product.product_id} session=${session} product=${product} />`)}
        </ul>`}
    </section>`;
}

function NothingOnAir({ session }) {
  return html`
    <div class="air-card empty">
      <p>${session.shelf.length === 0 ? t("console.stage_no_products")
        : t("console.stage_empty")}</p>
      <div class="buttons"><${Slot} place="action" /></div>
    </div>`;
}

function Card({ session, product }) {
  const desk = useDesk();
  const sale = saleOf(session, product);
  const { product_id, title, number } = product;
  return html`
    <article class=${sale ? "air-card on-sale" : "air-card"} aria-label=${title}>
      ${sale && html`<${SaleBand} session=${session} sale=${sale} product=${product} />`}
      <div class="air-body">
        ${product.image && html`
          <img class="thumb" src=${product.image} alt="" width="136" height="136" />`}
        <div class="air-words">
          <h3><span class="place">${number}</span> · <bdi class="clamp">${title}</bdi></h3>
          <${Price} session=${session} product=${product} />
          <${Units} session=${session} product=${product} />
          <${Slot} place="card" session=${session} product=${product} />
        </div>
        <${Note} product=${product} />
      </div>
      <div class="buttons">
        <${SaleButton} product=${product} keys=${KEYS} />
        <${RestockButton} product=${product} shown="+" />
        <${PriceButton} product=${product} shown="P" />
        <${NoteButton} product=${product} shown="N" />
        <${Slot} place="action" />
        <${Action} does=${`product.unpin:${product_id}`} words=${t("console.unpin")} shown="U"
          label=${t("console.unpin_title", { title })} onAct=${() => unpin(desk, product)} />
      </div>
    </article>`;
}

/** The words that the host noted to say of the product; no viewer is told. */
function Note({ product }) {
  const note = useDeskState((state) => noteOf(state, product));
  return note !== "" && html`
    <p class="air-note" aria-label=${t("console.note_label")} role="note" dir="auto">${note}</p>`;
}

/** A product that is shown besides the one on air. */
function Other({ session, product }) {
  return html`
    <li class="air-other">
      ${product.image && html`
        <img class="thumb" src=${product.image} alt="" width="32" height="32" />`}
      <bdi class="title">${product.number} · ${product.title}</bdi>
      <${Price} session=${session} product=${product} />
      <${PinButton} product=${product} kind="small" />
    </li>`;
}

/** The price now, from the cheapest variant to the dearest, and the one before a sale. */
export function Price({ session, product }) {
  const shop = useShop();
  const pricesNow = () =>
    product.variants.map((v) => priceAt(session, product, v, shop.now()).price);
  useTicked(() => pricesNow().join());
  const now = pricesNow();
  const was = Math.min(...product.variants.map((v) => v.price));
  const [low, high] = [Math.min(...now), Math.max(...now)];
  return html`
    <p class="prices"><strong class="price">${money(low, session.currency)}
      ${high > low && html` – ${money(high, session.currency)}`}</strong>
      ${was > high && html` <s>${money(was, session.currency)}</s>`}</p>`;
}

/** The units of each variant; which of them are few goes by an even share of those there were. */
function Units({ session, product }) {
  const allocated = useAllocated(product.product_id);
  const share = allocated === null ? null : allocated / product.variants.length;
  return html`
    <ul class="units" aria-label=${t("console.units")}>
      ${product.variants.map((v) => html`
        <${Unit} key=${v.sku} session=${session} product=${product} variant=${v}
          share=${share} />`)}
    </ul>`;
}

function Unit({ session, product, variant: { left, label }, variant, share }) {
  const shop = useShop();
  const available = variantAvailability(session, product, variant, shop.now());
  const units = leftOf(available, left);
  return html`
    <li class=${`unit ${stockMark(available, left, share)}`}>
      ${label && html`<bdi>${label}</bdi>`} ${" "}
      ${label && units > 0 ? html`<b>${units}</b>` : leftWords(available, left)}</li>`;
}
