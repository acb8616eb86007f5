/** The buttons about one product, as they stand in the run of show and on what is on air. */

import { Action, Key, Opener } from "../shared/action.js";
import { useDesk, useDeskState } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { pinAdded, pinOnly, unpin } from "./pins.js";
import { endSale, startPlanned } from "./sales.js";
import { saleOf } from "./show.js";

/** Show a product in place of the others, or with ⇧ too; or show it no longer. */
export function PinButton({ product, kind = "" }) {
  const desk = useDesk();
  const { product_id, title } = product;
  const pinned = useShopState(({ session }) => session.pinned.includes(product_id));
  const label = pinned ? t("console.unpin_title", { title }) : t("console.pin_title", { title });
  const act = ({ shiftKey }) => (pinned ? unpin : shiftKey ? pinAdded : pinOnly)(desk, product);
  return html`
    <${Action} does=${`product.${pinned ? "unpin" : "pin"}:${product_id}`} label=${label}
      kind=${kind} words=${pinned ? t("console.unpin") : t("console.pin")} onAct=${act} />`;
}

/** Show a product in addition: the way of a finger, which has no ⇧. */
export function AddedPinButton({ product }) {
  const desk = useDesk();
  const { product_id, title } = product;
  const fits = useShopState(({ session: { pinned } }) =>
    pinned.length > 0 && !pinned.includes(product_id));
  return fits && html`
    <${Action} does=${`product.pin:${product_id}`} label=${t("console.pin_added_title", { title })}
      words=${t("console.pin_added")} onAct=${() => pinAdded(desk, product)} />`;
}

/** Start a product's sale, by its plan if it has one, or end the one that it has. */
export function SaleButton({ product, keys = {} }) {
  const desk = useDesk();
  const { product_id, title } = product;
  const onSale = useShopState(({ session }) => saleOf(session, product) !== null);
  const planned = useDeskState((state) => product_id in state.plan.sales);
  const ending = useDeskState((state) => state.ending === product_id);
  if (onSale) {
    const kind = ending ? "urgent full ending" : "urgent full";
    return html`
      <${Action} does=${`sale.end:${product_id}`} kind=${kind}
        label=${t("console.end_sale_title", { title })} words=${t("console.end_sale")}
        shown=${keys.end} onAct=${() => endSale(desk, product)} />`;
  }
  const form = (shown) => html`
    <${Opener} does="sale.start" kind="urgent" dialog="sale" fields=${{ product }} shown=${shown}
      label=${t("console.sale_title", { title })} words=${t("console.sale")} />`;
  if (!planned) return form(keys.start);
  return html`
    <${Action} does=${`sale.start:${product_id}`} kind="urgent" shown=${keys.start}
      label=${t("console.sale_now_title", { title })} words=${t("console.sale_now")}
      onAct=${() => startPlanned(desk, product)} />${form(keys.form)}`;
}

export function RestockButton({ product, shown }) {
  return html`
    <${Opener} does="stock.add" dialog="restock" fields=${{ product }} shown=${shown}
      label=${t("console.restock_title", { title: product.title })}
      words=${t("console.restock")} />`;
}

/** Note what is to be said of a product: in the plan, which only hosts change. */
export function NoteButton({ product, shown }) {
  const desk = useDesk();
  return desk.isHost && html`
    <button type="button" onClick=${() => desk.open("note", { product })}
      aria-label=${t("console.note_title", { title: product.title })} aria-keyshortcuts=${shown}>
      ${t("console.note")}<${Key} shown=${shown} /></button>`;
}

export function PriceButton({ product, shown }) {
  return html`
    <${Opener} does="product.reprice" dialog="price" fields=${{ product }} shown=${shown}
      label=${t("console.price_title", { title: product.title })} words=${t("console.price")} />`;
}
