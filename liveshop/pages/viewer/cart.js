/** The cart: reservations with their deadlines ticking, to be given back or ordered together. */

import { OPEN } from "../client/state.js";
import { variantAvailability } from "../shared/availability.js";
import { searchCatalogue } from "../shared/catalogue.js";
import { html, useState } from "../shared/html.js";
import { clock, money, t, timeOfDay } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { pictureOf, useNames } from "../shared/names.js";
import { sized } from "../shared/pictures.js";
import { Reasons } from "../shared/reasons.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { useSlot } from "../shared/slots.js";
import { sentence } from "../shared/words.js";
import { whyNot } from "./buy.js";
import { useWish } from "./identity.js";
import { Pay } from "./outcome.js";

const SOON_S = 60;

// The sum of a cart while no feature has anything to say of it.
const PLAIN = { total: null, why: [], before: {}, terms: undefined, pending: false, more: null };

/** The price of lines together, as the server makes it without offers. */
const goods = (lines) => lines.reduce((sum, { price, quantity }) => sum + price * quantity, 0);

/** The lines of the cart: held, being paid, or run out and not yet put away. */
function cartLines(purchases) {
  return purchases.filter((p) =>
    p.command !== "buy" && (OPEN.has(p.state) ? p.state !== "sending" : p.state === "expired"));
}

/** The reservations that can be ordered. */
export const heldOf = (purchases) => cartLines(purchases).filter((p) => p.state === "held");

/** The cart with its first deadline; on a phone only while there is something in it. */
export function CartButton({ onOpen, always = false }) {
  const shop = useShop();
  const purchases = useShopState(({ mine }) => mine.purchases);
  const held = heldOf(purchases);
  const first = held.length > 0 ? Math.min(...held.map((p) => p.expires_at_ms)) : null;
  const seconds = useTicked(() => (first === null ? null : shop.secondsTo(first)));
  const soon = first !== null && seconds <= SOON_S;
  if (held.length === 0 && !always) return null;
  return html`
    <button type="button" class="round cart-button ${soon ? "soon" : ""}" onClick=${onOpen}>
      <${Icon} name="cart" />
      <span class="unseen">${t("cart.open", { n: held.length })}</span>
      ${held.length > 0 && html`
        <span aria-hidden="true" class="count-badge">${held.length}</span>
        <span aria-hidden="true" class="number">${clock(seconds)}</span>`}
    </button>`;
}

function Deadline({ purchase }) {
  const shop = useShop();
  const { state, expires_at_ms } = purchase;
  const seconds = useTicked(() => shop.secondsTo(expires_at_ms));
  const time = timeOfDay(expires_at_ms);
  if (state === "expired") return html`<span class="note">${t("buy.expired", { time })}</span>`;
  return html`
    <span class=${seconds <= SOON_S ? "note urgent" : "note"}>
      ${t("cart.until", { time })} · <span class="number" role="timer">${clock(seconds)}</span>
    </span>`;
}

/** The picture of what a line is of. */
export function Picture({ sku }) {
  const image = pictureOf(sku);
  return image ? html`<img class="thumb" src=${sized(image, 320)} alt="" width="64" height="64" />`
    : html`<span class="thumb empty" aria-hidden="true"></span>`;
}

/** Why a reservation that ran out cannot be made again, or null. */
function whyNotAgain(shop, sku, mayWish) {
  const { session } = shop.state;
  const offer = shop.offer(sku);
  if (offer === null) return t("refusal.not_found");
  const { product, variant } = offer;
  return whyNot(session, variantAvailability(session, product, variant, shop.now()), mayWish);
}

/**
 * Whether an order was refused for its sum: it has grown, or an offer that was to lower it is gone.
 * The units are reserved: nothing else of an order can be sold out.
 */
const isOfSum = (error) =>
  error?.total !== undefined || ["sold_out", "limit"].includes(error?.code);

/** A line's price; over it, struck, what it would have cost at the price before. */
function LinePrice({ purchase, before }) {
  const currency = useShopState(({ session }) => session.currency);
  const now = goods([purchase]);
  return html`
    <span class="number line-price">
      ${before > now && html`<s><span class="unseen">${t("price.before")} </span
        >${money(before, currency)}</s> `}${money(now, currency)}</span>`;
}

function Line({ purchase, name, ordering, before, open }) {
  const shop = useShop();
  const session = useShopState((state) => state.session);
  const [said, setSaid] = useState("");
  const { rid, sku, quantity, state, error, url, order_id } = purchase;
  const release = () => {
    setSaid(t("cart.releasing"));
    shop.release(rid).then(() => setSaid(""),
      (refusal) => setSaid(sentence(refusal, { session, sku })));
  };
  const reserveAgain = () => {
    shop.dismiss(rid);
    shop.reserve({ sku, quantity });
  };
  const mayWish = useWish(open) !== null;
  const stop = state === "expired" ? whyNotAgain(shop, sku, mayWish) : null;
  // A sum that has changed is told with the sum.
  const isTold = !error || (state === "held" && isOfSum(error));
  const own = isTold ? "" : sentence(error, { session, sku });
  const words = said || stop || own;
  return html`
    <li class=${state === "expired" ? "line lapsed" : "line"}>
      <${Picture} sku=${sku} />
      <span class="line-name">${name} × ${quantity}</span>
      <${LinePrice} purchase=${purchase} before=${before} />
      <${Deadline} purchase=${purchase} />
      ${state === "paying" && url !== undefined && html`
        <${Pay} orderId=${order_id} url=${url} title=${name} />`}
      ${state === "expired" && html`
        <button type="button" aria-disabled=${stop !== null}
          onClick=${() => stop === null && reserveAgain()}>${t("cart.again")}</button>`}
      ${state === "held" && html`
        <button type="button" class="quiet" aria-disabled=${ordering}
          onClick=${() => ordering || release()}
          aria-label=${t("cart.remove_product", { name })}>${t("cart.remove")}</button>`}
      <span role="status" class="note line-said">${words}</span>
    </li>`;
}

/** Why the total is what it is, the total, and the next step. */
function Checkout({ held, ordering, sum, open }) {
  const shop = useShop();
  const line = useShopState((state) => state.line);
  const currency = useShopState(({ session }) => session.currency);
  const amount = money(sum.total ?? goods(held), currency);
  const changed = !sum.pending && held.some(({ error }) => isOfSum(error));
  const stop = ordering || sum.pending || line !== "open";
  const order = () => {
    if (stop) return;
    const orderId = shop.checkout(held.map((p) => p.rid), sum.terms);
    const end = shop.subscribe(({ mine: now }) => {
      if (now.checkouts.some((c) => c.order_id === orderId)) return;
      end();
      if (now.orders.some((o) => o.order_id === orderId)) open("orders");
    });
  };
  return html`
    <div class="sheet-foot">
      <${Reasons} why=${sum.why} currency=${currency} />
      <p class="total"><span>${t("cart.total")}</span>${" "}
        <b role="status" aria-busy=${sum.pending}>${amount}</b></p>
      <p class=${changed ? "note urgent" : "note"} role="status">
        ${changed ? t("cart.changed", { amount }) : t("cart.next")}</p>
      <button type="button" class="primary whole" onClick=${order} aria-disabled=${stop}>
        ${ordering ? t("cart.ordering") : t("cart.order", { n: held.length, amount })}
      </button>
    </div>`;
}

/** The cart by a sum of what is held: the fields of PLAIN, `before` by rid. */
function Lines({ lines, held, sum, open }) {
  const mine = useShopState((state) => state.mine);
  const name = useNames(lines, searchCatalogue);
  const ordering = mine.checkouts.length > 0;
  return html`
    <section class="cart" aria-label=${t("cart.title")}>
      <ul class="lines-of-cart">
        ${lines.map((p) => html`
          <${Line} key=${p.rid} purchase=${p} name=${name(p.sku)} ordering=${ordering}
            before=${sum.before[p.rid] ?? 0} open=${open} />`)}
      </ul>
      ${sum.more}
      ${(held.length > 0 || ordering) && html`
        <${Checkout} held=${held} ordering=${ordering} sum=${sum} open=${open} />`}
    </section>`;
}

export function Cart({ open }) {
  const purchases = useShopState(({ mine }) => mine.purchases);
  const [Sum] = useSlot("cart");
  const lines = cartLines(purchases);
  const held = lines.filter((p) => p.state === "held");
  if (lines.length === 0) {
    return html`<section aria-label=${t("cart.title")}><p class="nothing">${t("cart.empty")}</p>
      </section>`;
  }
  const draw = (sum) =>
    html`<${Lines} lines=${lines} held=${held} sum=${{ ...PLAIN, ...sum }} open=${open} />`;
  return Sum ? html`<${Sum} held=${held} draw=${draw} />` : draw(PLAIN);
}
