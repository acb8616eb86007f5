/** The viewer's product card: what it costs, how long, how many, and where to tap. */

import { OPEN, priceAt } from "/liveshop.js";
import { h } from "./dom.js";
import { clock, money, sentence, timeOfDay } from "./words.js";

const FEW = 5;

/** Say how many units can be had now at the price that holds. */
export function leftOf(variant, sale) {
  return sale === null || sale.left === null ? variant.left : Math.min(sale.left, variant.left);
}

export function leftWords(left) {
  if (left === 0) return "Sold out";
  return left <= FEW ? `Only ${left} left` : `${left} left`;
}

/** The price that holds, and beside it the higher one it is compared with. */
export function priceTag(session, product, variant, nowMs) {
  const { price, sale } = priceAt(session, product, variant, nowMs);
  const before = sale ? variant.price : variant.was;
  return h("p", { class: sale ? "prices on-sale" : "prices" },
    h("strong", { class: "price" }, money(price, session.currency)),
    before !== null && before > price &&
      h("s", {}, h("span", { class: "hidden-label" }, "before "), money(before, session.currency)));
}

/** The flash sale's line: announced, or running with its countdown. */
export function saleLine(shop, session, product, variant) {
  const sale = session.sales.find((s) => s.product_id === product.product_id);
  const nowMs = shop.now();
  if (!sale || !(variant.sku in sale.prices) || nowMs >= sale.ends_at_ms) return null;
  const running = nowMs >= sale.starts_at_ms;
  const seconds = shop.secondsTo(running ? sale.ends_at_ms : sale.starts_at_ms);
  const off = Math.round(100 - (100 * sale.prices[variant.sku]) / variant.price);
  const what = running ? `Flash sale −${off} %, ends in ` : `Flash sale −${off} %, starts in `;
  return h("p", { class: "sale" }, "⚡ ", what, h("span", { role: "timer" }, clock(seconds)));
}

function variants({ product, chosen, onChoose }) {
  if (product.variants.length === 1) return null;
  return h("fieldset", { class: "variants" },
    h("legend", { class: "hidden-label" }, `Choose ${product.title}`),
    product.variants.map((v) =>
      h("label", { key: v.sku, class: v.left === 0 ? "variant gone" : "variant" },
        h("input", { type: "radio", name: `variant-${product.product_id}`, value: v.sku,
          checked: v.sku === chosen.sku, onchange: () => onChoose(v.sku) }),
        h("span", {}, v.label || v.sku,
          v.left === 0 && h("span", { class: "hidden-label" }, ", sold out")))));
}

function whyNot({ shop, session, left }) {
  const why = {
    draft: "Buying opens when the show is live.",
    scheduled: "Buying opens when the show is live.",
    paused: "The show is paused. Buying goes on when it does.",
    ended: "The show has ended.",
  }[session.status];
  if (why) return why;
  if (!shop.token) return "Open your personal link to buy.";
  if (!session.buying) return "Buying is paused for a moment.";
  return left === 0 ? "Sold out at this price for now." : null;
}

/** What became of the last purchase of this product, and what can be done about it. */
function outcome({ shop, state, purchase }) {
  const { session } = state;
  const about = { session, sku: purchase.sku };
  const again = (price) => () => shop[purchase.command]({ ...purchase, price });
  const until = purchase.expires_at_ms && timeOfDay(purchase.expires_at_ms);
  switch (purchase.state) {
    case "sending":
      return [purchase.error ? sentence(purchase.error, about) : "Sending…"];
    case "held":
      return [`In your cart, reserved until ${until}.`];
    case "paying":
      if (!purchase.url) return [`Reserved for you until ${until}.`];
      return [`Reserved for you until ${until}. `, payLink(purchase.url)];
    case "sold":
      return [orderWords(state.mine.orders, purchase.order_id)];
    case "released":
      return ["Taken out of your cart."];
    case "expired":
      return [`Your reservation ran out at ${until}.`];
    default:
      if (purchase.error.code !== "price_changed") return [sentence(purchase.error, about)];
      return [sentence(purchase.error, about), " ",
        h("button", { type: "button", onclick: again(purchase.error.price) },
          `Buy at ${money(purchase.error.price, session.currency)}`)];
  }
}

function orderWords(orders, orderId) {
  const name = `Order ${orderId.slice(0, 8)}`;
  const status = orders.find((order) => order.order_id === orderId)?.status;
  const over = status === "cancelled" || status === "refunded";
  return over ? `${name} was ${status}.` : `Ordered ✓ ${name}`;
}

/** A link to the merchant's own checkout. */
export function payLink(url) {
  return h("a", { href: url, target: "_blank", rel: "noopener" }, "Pay now");
}

/** Let a key that is held down tap once. */
function ignoreRepeats(event) {
  if (event.repeat) event.preventDefault();
}

/** The card of one product; `chosen` is the variant that Buy buys, unless it is `resting`. */
export function card({ shop, state, product, chosen, onChoose, onBuy, resting }) {
  const { session } = state;
  const { price, sale } = priceAt(session, product, chosen, shop.now());
  const left = leftOf(chosen, sale);
  const ours = (p) => product.variants.some((v) => v.sku === p.sku);
  const purchase = state.mine.purchases.findLast(ours);
  const pending = purchase && (purchase.state === "sending" || purchase.state === "paying");
  const why = whyNot({ shop, session, left });
  const stop = why !== null || state.line !== "open";
  const wish = { sku: chosen.sku, quantity: 1, price };
  return h("article", { key: product.product_id, class: sale ? "card on-sale" : "card",
    "aria-label": product.title },
    product.image && h("img", { src: product.image, alt: "", width: 96, height: 96 }),
    h("div", { class: "card-body" },
      h("h3", {}, product.title),
      priceTag(session, product, chosen, shop.now()),
      saleLine(shop, session, product, chosen),
      h("p", { class: left <= FEW ? "left few" : "left" }, leftWords(left))),
    variants({ product, chosen, onChoose }),
    h("div", { class: "card-actions" },
      h("button", { type: "button", class: "primary", disabled: stop || resting || Boolean(pending),
        "aria-label": `Buy ${product.title}`, onkeydown: ignoreRepeats,
        onclick: (event) => onBuy(wish, event) },
        pending ? "Buying…" : "Buy"),
      h("button", { type: "button", disabled: stop, "aria-label": `Add ${product.title} to cart`,
        onclick: () => shop.reserve(wish) }, "Add to cart"),
      h("p", { role: "status", class: "note" },
        purchase ? outcome({ shop, state, purchase }) : why ?? "")));
}

/** The lines of the cart: held, being paid, or run out and not yet put away. */
export function cartLines(purchases) {
  return purchases.filter((p) =>
    p.command !== "buy" && (OPEN.has(p.state) ? p.state !== "sending" : p.state === "expired"));
}
