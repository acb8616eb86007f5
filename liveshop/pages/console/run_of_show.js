/** The run of show: the products in their order, what is up, and what can be done with each. */

import { priceAt } from "../client/state.js";
import { Action, Opener, useMay } from "../shared/action.js";
import { productAvailability } from "../shared/availability.js";
import { useDesk, useDeskState } from "../shared/desk.js";
import { html, useRef, useState } from "../shared/html.js";
import { clock, money, number, t } from "../shared/i18n.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import {
  AddedPinButton, NoteButton, PinButton, PriceButton, RestockButton, SaleButton,
} from "./product_buttons.js";
import { remove, reorder } from "./shelf.js";
import { leftWords, nextProduct, saleOf, stockMark, unitsLeft, useAllocated } from "./show.js";
import { useSorting } from "./sorting.js";

const VARIANTS_NAMED_MAX = 3;

export function RunOfShow() {
  const desk = useDesk();
  const session = useShopState((state) => state.session);
  const [search, setSearch] = useState("");
  const list = useRef(null);
  const sorting = useSorting(list, session.shelf.length, (from, to) =>
    reorder(desk, session.shelf[from], to));
  const wanted = search.trim().toLowerCase();
  const rows = session.shelf
    .map((product, index) => ({ product, index }))
    .filter(({ product: { title, number: n } }) =>
      title.toLowerCase().includes(wanted) || String(n) === wanted);
  const next = nextProduct(session);
  return html`
    <section class="run panel part" data-part="products" aria-label=${t("console.run")}>
      <div class="run-head">
        <h2>${t("console.run")} · ${number(session.shelf.length)}</h2>
        <span class="buttons">
          <${Slot} place="run_button" />
          <${Opener} does="product.add" dialog="add" words=${t("console.add")} />
        </span>
      </div>
      ${session.shelf.length > 0 && html`
        <label class="search"><span class="unseen">${t("console.run_search")}</span>
          <input id="run-search" type="search" value=${search}
            placeholder=${t("console.run_search")} aria-keyshortcuts="/"
            onInput=${(event) => setSearch(event.target.value)} /></label>`}
      ${session.shelf.length === 0 && html`<${Empty} />`}
      <ol ref=${list} class="run-list">
        ${rows.map(({ product, index }) => html`
          <${Row} key=${product.product_id} session=${session} product=${product} index=${index}
            isNext=${product === next} sorting=${wanted === "" ? sorting : null} />`)}
      </ol>
      <${Slot} place="run" />
    </section>`;
}

function Empty() {
  return html`
    <div class="empty">
      <p>${t("console.run_empty")}</p>
    </div>`;
}

function Row({ session, product, index, isNext, sorting }) {
  const desk = useDesk();
  const chosen = useDeskState((state) => state.selected);
  const allocated = useAllocated(product.product_id);
  const { product_id, title } = product;
  const isChosen = chosen === product_id;
  const units = unitsLeft(product);
  const shop = useShop();
  const available = productAvailability(session, product, shop.now());
  const mark = stockMark(available, units, allocated);
  const pinned = session.pinned.includes(product_id) ? "pinned" : "";
  const choose = () => desk.change({ selected: isChosen ? null : product_id });
  return html`
    <li class=${`run-row ${pinned} ${isNext ? "next" : ""} ${mark} ${sorting?.mark(index) ?? ""}`}>
      <${Handle} session=${session} product=${product} index=${index} sorting=${sorting} />
      <button type="button" class="run-title" aria-expanded=${isChosen} onClick=${choose}>
        <span class="place">${product.number}</span>
        ${product.image && html`
          <img class="thumb" src=${product.image} alt="" width="36" height="36" />`}
        <span class="run-words"><bdi class="title clamp">${title}</bdi>
          <${Marks} session=${session} product=${product} isNext=${isNext} /></span>
        <span class="run-sums"><b><${PriceNow} session=${session} product=${product} /></b>
          <span class=${`note mark ${mark}`}>
            ${leftWords(available, units)}</span></span>
      </button>
      <${PinButton} product=${product} kind="small" />
      ${isChosen && desk.isHost && html`
        <${More} session=${session} product=${product} index=${index} />`}
    </li>`;
}

/** The handle by which a row is dragged, or moved with the arrow keys. */
function Handle({ session, product, index, sorting }) {
  const desk = useDesk();
  const mayOrder = useMay("shelf.order");
  const turn = (event) => {
    const to = index + { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (!sorting || Number.isNaN(to) || to < 0 || to >= session.shelf.length) return;
    event.preventDefault();
    reorder(desk, product, to);
  };
  return mayOrder && html`
    <button type="button" class="handle" data-does="shelf.order"
      aria-label=${t("console.move", { title: product.title })}
      title=${t("console.move_hint")} aria-disabled=${!sorting} onKeyDown=${turn}
      ...${sorting?.handle(index)}>⠿</button>`;
}

function PriceNow({ session, product }) {
  const shop = useShop();
  const price = useTicked(() => Math.min(
    ...product.variants.map((v) => priceAt(session, product, v, shop.now()).price)));
  return money(price, session.currency);
}

function unitsOf({ variants }) {
  if (variants.length > VARIANTS_NAMED_MAX) {
    return t("console.n_variants", { n: variants.length });
  }
  return variants.filter(({ label }) => label).map(({ label, left }) => `${label} ${left}`)
    .join(" · ");
}

function Marks({ session, product, isNext }) {
  const planned = useDeskState((state) => state.plan.sales[product.product_id]);
  const sale = saleOf(session, product);
  const isPinned = session.pinned.includes(product.product_id);
  return html`
    <span class="marks note">
      ${sale && html`<span class="mark sale">⚡ ${t("console.mark.sale")}
        ${" "}<${Left} sale=${sale} /></span>`}
      ${isPinned && html`<span class="mark on">● ${t("console.mark.pinned")}</span>`}
      ${isNext && html`<span class="mark next">${t("console.mark.next")}</span>`}
      ${planned && !sale && html`<span class="mark">${planWords(planned, session)}</span>`}
      <span>${unitsOf(product)}</span>
    </span>`;
}

function Left({ sale }) {
  const shop = useShop();
  return clock(useTicked(() => shop.secondsTo(sale.ends_at_ms)));
}

function planWords({ percent, prices, duration_ms }, { currency }) {
  const off = percent ? `−${percent} %` : money(Math.min(...Object.values(prices)), currency);
  return t("console.mark.planned", { off, length: clock(duration_ms / 1000) });
}

function More({ session, product, index }) {
  const desk = useDesk();
  const mayOrder = useMay("shelf.order");
  const { product_id, title } = product;
  const last = session.shelf.length - 1;
  const move = (to) => () => to >= 0 && to <= last && reorder(desk, product, to);
  return html`
    <div class="run-more">
      <${AddedPinButton} product=${product} />
      <${SaleButton} product=${product} />
      <button type="button" onClick=${() => desk.open("plan", { product })}
        aria-label=${t("console.plan_title", { title })}>${t("console.plan")}</button>
      <${RestockButton} product=${product} />
      <${PriceButton} product=${product} />
      <${NoteButton} product=${product} />
      <${Action} does=${`product.remove:${product_id}`} onAct=${() => remove(desk, product)}
        label=${t("console.remove_title", { title })} words=${t("console.remove")} />
      ${mayOrder && html`
        <button type="button" class="square" aria-disabled=${index === 0} data-does="shelf.order"
          aria-label=${t("console.up", { title })} onClick=${move(index - 1)}>↑</button>
        <button type="button" class="square" aria-disabled=${index === last}
          data-does="shelf.order" aria-label=${t("console.down", { title })}
          onClick=${move(index + 1)}>↓</button>`}
    </div>`;
}
