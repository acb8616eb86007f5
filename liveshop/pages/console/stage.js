/** The viewers' present view: the pinned products, their sales' clocks, and what comes next. */

import { priceAt } from "../client/state.js";
import { Action } from "../shared/action.js";
import { useDesk } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { clock, money, t } from "../shared/i18n.js";
import { useShop, useShopState, useTick } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import { PriceButton, SaleButton } from "./run_of_show.js";
import { nextProduct, pinNext, saleOf, stockMark, unpin } from "./show.js";

const LAST_SECONDS = 10;
const MANY = 4; // variants, which then take less room

export function Stage() {
  const session = useShopState((state) => state.session);
  const cards = session.pinned
    .map((id) => session.shelf.find((product) => product.product_id === id))
    .filter(Boolean)
    .reverse();
  return html`
    <section class="stage panel" aria-label=${t("console.stage")}>
      <div class="row-head">
        <h2>${t("console.stage")}</h2>
        <${Next} session=${session} />
      </div>
      ${cards.map((product) => html`
        <${Card} key=${product.product_id} session=${session} product=${product} />`)}
      ${cards.length === 0 && html`
        <p class="empty card-space">${session.shelf.length === 0
          ? t("console.stage_no_products") : t("console.stage_empty")}</p>`}
    </section>`;
}

function Next({ session }) {
  const desk = useDesk();
  const next = nextProduct(session);
  if (next === null) return null;
  const { product_id, title } = next;
  return html`
    <${Action} does=${`product.pin:${product_id}`} primary kind="next-button"
      label=${t("console.pin_next_title", { title })} onAct=${() => pinNext(desk)}
      words=${html`<span class="next-word">${t("console.pin_next_title", { title })}</span>
        <kbd aria-hidden="true">⏎</kbd>`} />`;
}

function Card({ session, product }) {
  const desk = useDesk();
  const sale = saleOf(session, product);
  const { product_id, title } = product;
  return html`
    <article class=${sale ? "stage-card on-sale" : "stage-card"} aria-label=${title}>
      ${product.image && html`
        <img class="thumb" src=${product.image} alt="" width="96" height="96" />`}
      <div class="stage-words">
        <h3><bdi>${title}</bdi></h3>
        <${Price} session=${session} product=${product} />
        <${Units} product=${product} />
        <${Slot} place="card" session=${session} product=${product} />
      </div>
      <div class="sale-line">${sale && html`<${Sale} session=${session} sale=${sale}
        product=${product} />`}</div>
      <div class="buttons">
        <${Action} does=${`product.unpin:${product_id}`} words=${t("console.unpin")}
          label=${t("console.unpin_title", { title })} onAct=${() => unpin(desk, product)} />
        <${SaleButton} session=${session} product=${product} />
        <${PriceButton} product=${product} />
      </div>
    </article>`;
}

function Price({ session, product }) {
  const shop = useShop();
  useTick();
  const now = product.variants.map((v) => priceAt(session, product, v, shop.now()).price);
  const shelf = product.variants.map((v) => v.price);
  const [low, high] = [Math.min(...now), Math.max(...now)];
  const was = Math.min(...shelf);
  return html`
    <p class="prices"><strong class="price">${money(low, session.currency)}
      ${high > low && html` – ${money(high, session.currency)}`}</strong>
      ${was > low && html` <s>${money(was, session.currency)}</s>`}</p>`;
}

function Units({ product }) {
  const words = { gone: t("console.mark.gone"), low: t("console.mark.low") };
  const many = product.variants.length > MANY ? "many" : "";
  return html`
    <ul class=${`units ${many}`} aria-label=${t("console.units")}>
      ${product.variants.map((v) => html`
        <li key=${v.sku} class=${stockMark(v.left)}>${v.label && html`<b>${v.label}</b>`} ${" "}
          <span>${t("console.n_left", { n: v.left })}</span>
          ${stockMark(v.left) && html` <small>${words[stockMark(v.left)]}</small>`}</li>`)}
    </ul>`;
}

/** The sale's clock is the viewers': the same instant, the server's time, the same rounding. */
function Sale({ session, sale, product }) {
  const shop = useShop();
  useTick();
  const ahead = sale.starts_at_ms > shop.now();
  const seconds = shop.secondsTo(ahead ? sale.starts_at_ms : sale.ends_at_ms);
  const prices = product.variants.filter((v) => v.sku in sale.prices);
  const [first] = prices;
  const off = first ? Math.round((1 - sale.prices[first.sku] / first.price) * 100) : 0;
  return html`
    <strong class="sale-word">⚡ ${t("console.flash_sale")} ${off > 0 && `−${off} %`}</strong>
    <span>${first && money(sale.prices[first.sku], session.currency)}</span>
    <span class=${seconds <= LAST_SECONDS ? "sale-clock last" : "sale-clock"} role="timer"
      aria-label=${ahead ? t("console.sale_begins") : t("console.sale_ends")}>
      ${ahead && t("console.in")} ${clock(seconds)}</span>
    ${sale.left !== null && html`<span>${t("console.n_left", { n: sale.left })}</span>`}`;
}
