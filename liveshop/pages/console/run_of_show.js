/** The run of show: the products in their order, what is up, and what can be done with each. */

import { Action, Opener, useMay } from "../shared/action.js";
import { useDesk, useDeskState } from "../shared/desk.js";
import { html, useLayoutEffect, useRef, useState } from "../shared/html.js";
import { clock, money, t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import { PINS_MAX, nextProduct, pin, remove, saleOf, stockMark, unitsLeft, unpin } from "./show.js";
import { useSorting } from "./sorting.js";

const VARIANTS_NAMED_MAX = 4;

export function RunOfShow() {
  const desk = useDesk();
  const session = useShopState((state) => state.session);
  const [search, setSearch] = useState("");
  const list = useRef(null);
  const move = (product, to) => reorder(desk, session, product, to);
  const sorting = useSorting(list, session.shelf.length, (from, to) =>
    move(session.shelf[from], to));
  const wanted = search.trim().toLowerCase();
  const rows = session.shelf
    .map((product, index) => ({ product, index }))
    .filter(({ product }) => product.title.toLowerCase().includes(wanted));
  const next = nextProduct(session);
  return html`
    <section class="run panel part" data-part="products" aria-label=${t("console.run")}>
      <div class="row-head">
        <h2>${t("console.run")}</h2>
        <span class="buttons">
          <${Slot} place="run_button" />
          <${Opener} does="product.add" dialog="add" words=${t("console.add")} />
        </span>
      </div>
      ${session.shelf.length > 0 && html`
        <label class="search"><span class="unseen">${t("console.run_search")}</span>
          <input id="run-search" type="search" value=${search}
            placeholder=${t("console.run_search")}
            onInput=${(event) => setSearch(event.target.value)} /></label>`}
      ${session.shelf.length === 0 && html`<${Empty} />`}
      <ol ref=${list} class="run-list">
        ${rows.map(({ product, index }) => html`
          <${Row} key=${product.product_id} session=${session} product=${product} index=${index}
            isNext=${product === next} sorting=${wanted === "" ? sorting : null} move=${move} />`)}
      </ol>
    </section>`;
}

function Empty() {
  return html`
    <div class="empty">
      <p>${t("console.run_empty")}</p>
      <${Opener} does="product.add" kind="primary" dialog="add" words=${t("console.add_first")} />
    </div>`;
}

function reorder(desk, session, product, to) {
  const before = session.shelf.map((p) => p.product_id);
  const others = before.filter((id) => id !== product.product_id);
  const product_ids = others.toSpliced(to, 0, product.product_id);
  const { title } = product;
  return desk.run({ type: "shelf.order", product_ids }, {
    said: t("console.moved", { title, n: to + 1, of: before.length }),
    undo: { type: "shelf.order", product_ids: before },
  });
}

function Row({ session, product, index, isNext, sorting, move }) {
  const desk = useDesk();
  const mayOrder = useMay("shelf.order");
  const chosen = useDeskState((state) => state.selected) ?? session.shelf[0].product_id;
  const { product_id, title } = product;
  const isChosen = chosen === product_id;
  const pinned = session.pinned.includes(product_id);
  const left = unitsLeft(product);
  const drag = sorting?.handle(index);
  const handle = useRef(null);
  const turned = useRef(false);
  // A row that is moved in the page loses the focus, and whoever turns it wants to turn on.
  useLayoutEffect(() => {
    if (turned.current) handle.current.focus();
    turned.current = false;
  }, [index]);
  const turn = (event) => {
    const to = index + { ArrowUp: -1, ArrowDown: 1 }[event.key];
    if (Number.isNaN(to) || to < 0 || to >= session.shelf.length) return;
    event.preventDefault();
    turned.current = true;
    move(product, to);
  };
  return html`
    <li class=${`run-row ${pinned ? "pinned" : ""} ${sorting?.mark(index) ?? ""}`}>
      ${mayOrder && html`
        <button ref=${handle} type="button" class="handle" data-does="shelf.order"
          aria-label=${t("console.move", { title })}
          title=${t("console.move_hint")} disabled=${!sorting} onKeyDown=${turn} ...${drag}>
          ⠿</button>`}
      <button type="button" class="run-title" aria-expanded=${isChosen}
        onClick=${() => desk.change({ selected: product_id })}>
        <span class="place">${index + 1}</span>
        ${product.image && html`
          <img class="thumb" src=${product.image} alt="" width="40" height="40" />`}
        <span class="run-words"><bdi class="title">${title}</bdi>
          <span class="note">${unitsOf(product)}</span>
          <${Marks} session=${session} product=${product} left=${left} isNext=${isNext} /></span>
      </button>
      <${PinButton} session=${session} product=${product} pinned=${pinned} />
      ${isChosen && desk.isHost && html`
        <${More} session=${session} product=${product} index=${index} move=${move} />`}
    </li>`;
}

function unitsOf({ variants }) {
  if (variants.length > VARIANTS_NAMED_MAX) {
    const left = variants.reduce((sum, v) => sum + v.left, 0);
    return t("console.units_in_variants", { n: left, variants: variants.length });
  }
  return variants
    .map(({ label, left }) => (label ? `${label} ${left}` : t("console.n_left", { n: left })))
    .join(" · ");
}

function Marks({ session, product, left, isNext }) {
  const planned = useDeskState((state) => state.plan.sales[product.product_id]);
  const mark = stockMark(left);
  return html`
    <span class="marks">
      ${session.pinned.includes(product.product_id)
        && html`<span class="mark on">● ${t("console.mark.pinned")}</span>`}
      ${saleOf(session, product)
        && html`<span class="mark sale">⚡ ${t("console.mark.sale")}</span>`}
      ${planned && !saleOf(session, product)
        && html`<span class="mark">${planWords(planned, session)}</span>`}
      ${mark === "low" && html`<span class="mark low">▾ ${t("console.mark.low")}</span>`}
      ${mark === "gone" && html`<span class="mark gone">✓ ${t("console.mark.gone")}</span>`}
      ${isNext && html`<span class="mark next">${t("console.mark.next")}</span>`}
    </span>`;
}

function planWords({ percent, prices, duration_ms }, { currency }) {
  const off = percent ? `−${percent} %` : money(Math.min(...Object.values(prices)), currency);
  return t("console.mark.planned", { off, length: clock(duration_ms / 1000) });
}

function PinButton({ session, product, pinned }) {
  const desk = useDesk();
  const full = !pinned && session.pinned.length >= PINS_MAX;
  const { product_id, title } = product;
  const label = pinned ? t("console.unpin_title", { title }) : t("console.pin_title", { title });
  return html`
    <${Action} does=${`product.${pinned ? "unpin" : "pin"}:${product_id}`} label=${label}
      words=${pinned ? t("console.unpin") : t("console.pin")}
      whyNot=${full ? t("console.pins_full") : null}
      onAct=${() => (pinned ? unpin : pin)(desk, product)} />`;
}

function More({ session, product, index, move }) {
  const desk = useDesk();
  const mayOrder = useMay("shelf.order");
  const { product_id, title } = product;
  const last = session.shelf.length - 1;
  return html`
    <div class="run-more">
      <${SaleButton} session=${session} product=${product} />
      <button type="button" onClick=${() => desk.open("plan", { product })}
        aria-label=${t("console.plan_title", { title })}>${t("console.plan")}</button>
      <${PriceButton} product=${product} />
      <${Action} does=${`product.remove:${product_id}`} onAct=${() => remove(desk, product)}
        label=${t("console.remove_title", { title })} words=${t("console.remove")} />
      ${mayOrder && html`<span class="pair-of-two">
      <button type="button" class="square" disabled=${index === 0} data-does="shelf.order"
        aria-label=${t("console.up", { title })}
        onClick=${() => move(product, index - 1)}>↑</button>
      <button type="button" class="square" disabled=${index === last} data-does="shelf.order"
        aria-label=${t("console.down", { title })}
        onClick=${() => move(product, index + 1)}>↓</button></span>`}
    </div>`;
}

/** Start a sale of a product, or end the one it has. */
export function SaleButton({ session, product }) {
  const desk = useDesk();
  const { product_id, title } = product;
  if (saleOf(session, product)) {
    return html`
      <${Action} does=${`sale.end:${product_id}`} kind="urgent"
        label=${t("console.end_sale_title", { title })} words=${t("console.end_sale")}
        onAct=${() => desk.run({ type: "sale.end", product_id })} />`;
  }
  return html`
    <${Opener} does="sale.start" kind="urgent" dialog="sale" fields=${{ product }}
      label=${t("console.sale_title", { title })} words=${t("console.sale")} />`;
}

export function PriceButton({ product }) {
  return html`
    <${Opener} does="product.reprice" dialog="price" fields=${{ product }}
      label=${t("console.price_title", { title: product.title })} words=${t("console.price")} />`;
}
