/** The sheets of the kernel: products, cart and orders, each a tap from the others. */

import { html } from "../shared/html.js";
import { number, t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { Cart, heldOf } from "./cart.js";
import { Orders } from "./orders.js";
import { Shelf } from "./shelf.js";

/** The three of them as tabs on top of each. */
function Ways({ here, open }) {
  const products = useShopState(({ session }) => session.shelf.length);
  const purchases = useShopState(({ mine }) => mine.purchases);
  const orders = useShopState(({ mine }) => mine.orders.length);
  const held = heldOf(purchases).length;
  const ways = [
    { name: "shelf", words: t("shelf.tab"), n: products },
    { name: "cart", words: t("cart.tab"), n: held },
    { name: "orders", words: t("orders.tab"), n: orders },
  ];
  return html`
    <nav class="ways">
      ${ways.map(({ name, words, n }) => html`
        <button key=${name} type="button" onClick=${() => open(name)}
          aria-current=${name === here ? "page" : undefined}>
          ${words} <span class="number">${number(n)}</span></button>`)}
    </nav>`;
}

const inSheet = (name, Content) => ({ open, close }) => html`
  <${Ways} here=${name} open=${open} />
  <${Content} open=${open} close=${close} />`;

export const SHEETS = {
  shelf: { key: "shelf.title", Content: inSheet("shelf", Shelf) },
  cart: { key: "cart.title", Content: inSheet("cart", Cart) },
  orders: { key: "orders.title", Content: inSheet("orders", Orders) },
};
