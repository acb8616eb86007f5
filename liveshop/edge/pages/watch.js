/** The viewer's page: what is on, what it costs, and buying it. */

import { Shop, takeToken } from "/liveshop.js";
import { card, cartLines, payLink } from "./card.js";
import { Chat } from "./chat.js";
import { h, render } from "./dom.js";
import {
  STATUS, clock, dayAndTime, farewell, money, nameOf, sentence, short, timeOfDay,
} from "./words.js";

const LIKES_EVERY_MS = 500;
const LIKES_MAX = 20;
const DRAW_EVERY_MS = 250;
const BUY_RESTS_MS = 1000; // who clicks twice by habit wants one

const part = (id) => document.getElementById(id);
const sessionId = decodeURIComponent(location.pathname.split("/").pop());
const shop = new Shop({ sessionId, token: takeToken() });
const chat = new Chat(part("chat"), shop);
const chosen = new Map(); // product → the SKU picked by the viewer
const restsUntil = new Map(); // product → when its Buy can be tapped again
const releasing = new Map(); // rid → what to say about giving it back
let likes = 0;
let drawing = false;

function header({ session }) {
  return [
    h("h1", {}, session.title),
    h("span", { class: `status ${session.status}` }, STATUS[session.status]),
    h("span", { class: "viewers" }, `${short(session.viewers)} watching`),
  ];
}

/** What is wrong, and what still holds. */
function banner({ line, closed, session, purchases }) {
  const held = purchases.filter((p) => p.state === "held");
  const until = held.length > 0 ? timeOfDay(Math.min(...held.map((p) => p.expires_at_ms))) : null;
  const items = held.length === 1 ? "item stays" : "items stay";
  const still = until ? ` Your ${held.length} ${items} reserved until ${until}.` : "";
  if (line === "closed") return [farewell(closed), " ", ...wayOut(closed)];
  if (line === "waiting" && session) return [`Reconnecting…${still}`];
  if (line !== "open" || session === null) return ["Joining the show…"];
  if (!session.buying) return [`Buying is paused for a moment.${still}`];
  return [];
}

function wayOut(closed) {
  if (closed !== 4502) return [h("a", { href: "/" }, "All shows")];
  const leave = () => {
    sessionStorage.removeItem("liveshop:token");
    location.reload();
  };
  return [h("button", { type: "button", onclick: leave }, "Watch without an account")];
}

function stage({ session }) {
  const words = {
    draft: "Not announced yet.",
    scheduled: session.starts_at_ms === null ? "The show starts soon." : startsIn(session),
    paused: "The show is paused. We are back in a moment.",
    ended: "The show has ended. Thank you for watching.",
  }[session.status];
  return [
    session.stream_url && session.status !== "ended" &&
      h("video", { src: session.stream_url, controls: true, playsinline: true, muted: true,
        autoplay: true, "aria-label": "Live video" }),
    h("p", { class: "stage-words", hidden: !words && Boolean(session.stream_url) },
      words ?? "The show is on."),
    h("button", { type: "button", class: "like", "aria-label": "Like",
      disabled: ["draft", "ended"].includes(session.status), onclick: like },
      `♥ ${short(session.likes + likes)}`),
  ];
}

function startsIn(session) {
  const seconds = shop.secondsTo(session.starts_at_ms);
  if (seconds === 0) return "The show starts any moment.";
  return `Starts ${dayAndTime(session.starts_at_ms)}, in ${clock(seconds)}.`;
}

function like() {
  likes = Math.min(likes + 1, LIKES_MAX);
  draw();
}

function productCard(state, product) {
  const { product_id, variants } = product;
  const variant = variants.find((v) => v.sku === chosen.get(product_id))
    ?? variants.find((v) => v.left > 0) ?? variants[0];
  const onChoose = (sku) => {
    chosen.set(product_id, sku);
    draw();
  };
  const onBuy = (wish, event) => {
    // The second click of two may have waited for the page longer than Buy rests.
    if (event.timeStamp < (restsUntil.get(product_id) ?? 0)) return;
    restsUntil.set(product_id, performance.now() + BUY_RESTS_MS);
    shop.buy(wish);
    draw();
  };
  const resting = performance.now() < (restsUntil.get(product_id) ?? 0);
  return card({ shop, state, product, chosen: variant, onChoose, onBuy, resting });
}

function pinned(state) {
  const { session } = state;
  const products = session.pinned.toReversed() // the newest pin first
    .map((id) => session.shelf.find((p) => p.product_id === id)).filter(Boolean);
  const cards = products.map((product) => productCard(state, product));
  return [
    h("h2", {}, "Now showing"),
    ...(cards.length > 0 ? cards : [h("p", {}, "Nothing is pinned yet.")]),
  ];
}

function shelf(state) {
  const others = state.session.shelf.filter((p) => !state.session.pinned.includes(p.product_id));
  return [
    h("h2", {}, "All products"),
    ...others.map((product) => productCard(state, product)),
    others.length === 0 && h("p", {}, "No other products are on the shelf."),
  ];
}

async function release(rid) {
  releasing.set(rid, "Giving it back…");
  try {
    await shop.release(rid);
    releasing.delete(rid);
  } catch (refusal) {
    releasing.set(rid, sentence(refusal, { session: shop.state.session }));
  }
  draw();
}

function cartLine(session, line, ordering) {
  const { rid, sku, quantity, price, state, expires_at_ms, error } = line;
  const name = nameOf(session, sku);
  const reserveAgain = () => {
    shop.dismiss(rid);
    shop.reserve({ sku, quantity });
  };
  const button = state === "expired"
    ? h("button", { type: "button", onclick: reserveAgain }, "Reserve again")
    : h("button", { type: "button", "aria-label": `Remove ${name}`, disabled: ordering,
        onclick: () => release(rid) }, "Remove");
  const deadline = state === "expired"
    ? `Your reservation ran out at ${timeOfDay(expires_at_ms)}.`
    : `Yours until ${timeOfDay(expires_at_ms)}, ${clock(shop.secondsTo(expires_at_ms))}`;
  const said = releasing.get(rid) ?? (error ? sentence(error, { session, sku }) : "");
  return h("li", { key: rid, class: state === "expired" ? "line over" : "line" },
    h("span", {}, `${name} × ${quantity}`),
    h("span", { class: "number" }, money(price * quantity, session.currency)),
    h("span", { class: "deadline" }, deadline),
    line.url ? payLink(line.url) : button,
    said && h("span", { role: "status", class: "note" }, said));
}

function cart({ session, purchases, checkouts, line }) {
  const lines = cartLines(purchases);
  const held = lines.filter((p) => p.state === "held");
  const ordering = checkouts.length > 0;
  const total = held.reduce((sum, p) => sum + p.price * p.quantity, 0);
  const order = () => shop.checkout(held.map((p) => p.rid));
  if (lines.length === 0) return [h("h2", {}, "Your cart"), h("p", {}, "Your cart is empty.")];
  return [
    h("h2", {}, "Your cart"),
    h("ul", { class: "cart" }, lines.map((p) => cartLine(session, p, ordering))),
    h("button", { type: "button", class: "primary", onclick: order,
      disabled: held.length === 0 || ordering || line !== "open" },
      ordering ? "Ordering…" : `Order ${held.length} for ${money(total, session.currency)}`),
  ];
}

function orders({ orders: all }) {
  if (all.length === 0) return [];
  const newest = all.toSorted((a, b) => b.at_ms - a.at_ms);
  return [
    h("h2", {}, "Your orders"),
    h("ul", { class: "orders" }, newest.map((o) =>
      h("li", { key: o.order_id, class: "line" },
        h("span", {}, `Order ${o.order_id.slice(0, 8)}`),
        h("span", { class: "number" }, money(o.total, o.currency)),
        h("span", { class: "deadline" }, `${timeOfDay(o.at_ms)}, ${o.status}`)))),
  ];
}

function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const { state } = shop;
    render(part("banner"), banner(state));
    part("show").hidden = state.session === null;
    if (state.session === null) return;
    document.title = `${state.session.title} – live shopping`;
    for (const [id, view] of Object.entries({ header, stage, pinned, cart, orders, shelf })) {
      render(part(id), view(state));
    }
    chat.draw(state);
  });
}

setInterval(() => {
  if (likes > 0) shop.like(likes);
  likes = 0;
}, LIKES_EVERY_MS);
setInterval(draw, DRAW_EVERY_MS);
shop.subscribe(draw);
draw();
