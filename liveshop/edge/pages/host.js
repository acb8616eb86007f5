/** The host's console: the state of the show at a glance, and the buttons that run it. */

import { Shop, takeToken } from "/liveshop.js";
import { getJson } from "./api.js";
import { leftWords, priceTag, saleLine } from "./card.js";
import { Chat } from "./chat.js";
import { addProduct, endShow, reprice, startSale } from "./dialogs.js";
import { h, render } from "./dom.js";
import { OrderFeed } from "./orders.js";
import { STATUS, clock, dayAndTime, farewell, money, short } from "./words.js";

const DRAW_EVERY_MS = 250;
const TABS = { now: "Show", run: "Products", chat: "Chat", orders: "Orders" };
const VARIANTS_NAMED_MAX = 4;
const RANKS = ["viewer", "moderator", "host", "admin"];

const part = (id) => document.getElementById(id);
const sessionId = decodeURIComponent(location.pathname.split("/").pop());
const token = takeToken();
const shop = new Shop({ sessionId, token });
const feed = new OrderFeed(sessionId, token);
const chat = new Chat(part("chat"), shop, chatActions);
let problem = null; // what the last command was refused with
let startedAtMs = null;
let drawing = false;

const rank = () => RANKS.indexOf(shop.state.viewer?.role);
const isHost = () => rank() >= RANKS.indexOf("host");

/** Carry something out; what it is refused with shows in the banner. */
async function attempt(action) {
  try {
    await action();
    problem = null;
  } catch (refusal) {
    problem = refusal.message;
  }
  draw();
}

const run = (type, fields = {}) => attempt(() => shop.send({ type, ...fields }));

function button(words, action, props = {}) {
  return h("button", { type: "button", onclick: action, disabled: shop.state.line !== "open",
    ...props }, words);
}

// ---- header and banner ----------------------------------------------------------------

function sessionButtons(status) {
  if (!isHost()) return [];
  const primary = { class: "primary" };
  const end = button("End…", () => endShow(shop), { key: "end" });
  switch (status) {
    case "live":
      return [button("Pause", () => run("session.pause"), { key: "pause" }), end];
    case "paused":
      return [button("Resume", () => run("session.resume"), { key: "resume", ...primary }), end];
    case "ended":
      return [];
    default:
      return [button("Go live", () => run("session.start"), { key: "start", ...primary })];
  }
}

function header({ session, stats }) {
  const { status, starts_at_ms } = session;
  const on = startedAtMs !== null && (status === "live" || status === "paused");
  const since = on ? clock(Math.max(0, Math.floor((shop.now() - startedAtMs) / 1000))) : null;
  const planned = status === "scheduled" && starts_at_ms !== null;
  const peak = stats ? ` (peak ${short(stats.viewers_peak)})` : "";
  return [
    h("h1", {}, session.title),
    h("span", { class: `status ${status}` }, STATUS[status]),
    since && h("span", { class: "number", role: "timer", "aria-label": "On air for" }, since),
    planned && h("span", { class: "number" }, dayAndTime(starts_at_ms)),
    h("span", { class: "viewers" }, `${short(session.viewers)} watching${peak}`),
    h("span", { class: "number" }, `♥ ${short(session.likes)}`),
    h("span", { class: "buttons" }, sessionButtons(status)),
  ];
}

/** What is wrong, what it means and what to do. */
function banner({ line, closed, session }) {
  if (line === "closed") return [farewell(closed), " ", h("a", { href: "/" }, "All shows")];
  if (line === "waiting" && session) {
    return ["The line to the server is down. The show goes on; trying again…"];
  }
  if (line !== "open") return ["Joining the show…"];
  if (rank() < RANKS.indexOf("moderator")) {
    return ["This is the host's console, and your link is a viewer's. ",
      h("a", { href: `/watch/${encodeURIComponent(sessionId)}` }, "Watch the show")];
  }
  if (session && !session.buying) {
    return ["Buying is paused: a store is away. Viewers see that it comes back in a moment."];
  }
  if (problem === null) return [];
  const close = () => {
    problem = null;
    draw();
  };
  return [`${problem} `, button("Close", close)];
}

// ---- run of show and what is pinned ---------------------------------------------------

const saleOf = (session, product) =>
  session.sales.find((sale) => sale.product_id === product.product_id);

function pinButton(session, { product_id, title }) {
  const pinned = session.pinned.includes(product_id);
  const [word, type] = pinned ? ["Unpin", "product.unpin"] : ["Pin", "product.pin"];
  return button(word, () => run(type, { product_id }), { "aria-label": `${word} ${title}` });
}

function saleButton(session, product) {
  const { product_id, title } = product;
  if (saleOf(session, product)) {
    const end = () => run("sale.end", { product_id });
    return button("End sale", end, { "aria-label": `End the sale of ${title}` });
  }
  return button("Sale…", () => startSale(shop, session, product),
    { "aria-label": `Flash sale of ${title}` });
}

function productButtons(session, product) {
  const { product_id, title } = product;
  if (session.status === "ended") return [];
  const selling = session.status === "live" || session.status === "paused";
  const price = () => reprice(shop, session, product);
  const remove = () => run("product.remove", { product_id });
  return [
    pinButton(session, product),
    isHost() && selling && saleButton(session, product),
    isHost() && button("Price…", price, { "aria-label": `Price of ${title}` }),
    isHost() && button("Remove", remove, { "aria-label": `Remove ${title}` }),
  ];
}

function unitsOf({ variants }) {
  if (variants.length <= VARIANTS_NAMED_MAX) {
    return variants.map((v) => `${v.label} ${leftWords(v.left)}`).join(" · ");
  }
  const all = variants.reduce((sum, v) => sum + v.left, 0);
  return `${leftWords(all)} in ${variants.length} variants`;
}

function runOfShow({ session }) {
  const add = () => attempt(() => addProduct(shop, shop.state.session));
  const row = (product) =>
    h("li", { key: product.product_id },
      h("span", { class: "title" }, product.title,
        session.pinned.includes(product.product_id) && h("span", { class: "mark" }, " ● pinned"),
        saleOf(session, product) && h("span", { class: "mark sale" }, " ⚡ sale")),
      h("span", { class: "note" }, unitsOf(product)),
      h("span", { class: "buttons" }, productButtons(session, product)));
  const empty = "The shelf is empty. Add a product from the catalogue to show and sell it.";
  return [
    h("h2", {}, "Run of show"),
    isHost() && session.status !== "ended" && button("Add product…", add),
    session.shelf.length === 0
      ? h("p", {}, empty)
      : h("ol", { class: "run" }, session.shelf.map(row)),
  ];
}

function pinnedCard(session, product) {
  const sale = saleOf(session, product);
  const units = sale && sale.left !== null ? `${leftWords(sale.left)} of the sale` : null;
  return h("article", { key: product.product_id, "aria-label": product.title,
    class: sale ? "card on-sale" : "card" },
    product.image && h("img", { src: product.image, alt: "", width: 96, height: 96 }),
    h("div", { class: "card-body" },
      h("h3", {}, product.title),
      priceTag(session, product, product.variants[0], shop.now()),
      saleLine(shop, session, product, product.variants[0]),
      units && h("p", { class: "left" }, units),
      h("p", { class: "note" }, unitsOf(product))),
    h("div", { class: "card-actions" }, pinButton(session, product),
      isHost() && session.status !== "ended" && saleButton(session, product)));
}

function now({ session, stats }) {
  const { pinned, shelf, status } = session;
  const cards = pinned.map((id) => shelf.find((p) => p.product_id === id)).filter(Boolean);
  const last = shelf.findIndex((p) => p.product_id === pinned.at(-1));
  const next = shelf.slice(last + 1).find((p) => !pinned.includes(p.product_id));
  const pinNext = () => run("product.pin", { product_id: next.product_id });
  if (status === "ended") return [h("h2", {}, "The show has ended"), summary(session, stats)];
  return [
    h("h2", {}, "Now pinned"),
    ...cards.map((product) => pinnedCard(session, product)),
    cards.length === 0 && h("p", {}, "Nothing is pinned. Viewers see the shelf."),
    next && button(`Pin next: ${next.title}`, pinNext, { class: "primary" }),
  ];
}

function summary(session, stats) {
  if (stats === null) return h("p", {}, "Thank you.");
  const { orders, units, revenue, viewers_peak } = stats;
  const earned = money(revenue, session.currency);
  return h("p", {}, `Orders: ${orders}. Units: ${units}. Revenue: ${earned}. `
    + `Watching at most: ${viewers_peak}.`);
}

// ---- chat, orders, tabs ---------------------------------------------------------------

function chatActions({ id, viewer }, pinned) {
  if (rank() < RANKS.indexOf("moderator")) return [];
  const name = viewer.name || viewer.id;
  const until = shop.state.muted[viewer.id];
  const muted = until === null || until > shop.now();
  const [muteWord, mute] = muted ? ["Unmute", "viewer.unmute"] : ["Mute", "viewer.mute"];
  const [pinWord, pin] = pinned ? ["Unpin", "chat.unpin"] : ["Pin", "chat.pin"];
  const label = (word) => ({ "aria-label": `${word} ${name}` });
  const onLine = (word) => ({ "aria-label": `${word} message of ${name}` });
  return [
    button(pinWord, () => run(pin, { id }), onLine(pinWord)),
    button("Delete", () => run("chat.delete", { id }), onLine("Delete")),
    button(muteWord, () => run(mute, { viewer_id: viewer.id }), label(muteWord)),
  ];
}

function tabs() {
  const show = part("show");
  const choose = (tab) => () => {
    show.dataset.tab = tab;
    draw();
  };
  const pressed = (tab) => String(show.dataset.tab === tab);
  return Object.entries(TABS).map(([tab, word]) =>
    h("button", { type: "button", onclick: choose(tab), "aria-pressed": pressed(tab) }, word));
}

// ---- drawing --------------------------------------------------------------------------

function draw() {
  if (drawing) return;
  drawing = true;
  requestAnimationFrame(() => {
    drawing = false;
    const { state } = shop;
    render(part("banner"), banner(state));
    part("show").hidden = state.session === null;
    if (state.session === null) return;
    document.title = `${state.session.title} – host console`;
    render(part("header"), header(state));
    render(part("run"), runOfShow(state));
    render(part("now"), now(state));
    render(part("orders"), feed.view(state.session, state.stats));
    render(part("tabs"), tabs());
    chat.draw(state);
  });
}

/** Read what a snapshot does not have: the orders there were, and since when the show is on. */
async function catchUp() {
  await feed.load();
  const path = `/api/sessions/${encodeURIComponent(sessionId)}/events?limit=200`;
  const { events } = await getJson(path, token);
  startedAtMs ??= events.find((event) => event.type === "session.started")?.at_ms ?? null;
}

shop.subscribe((state, message) => {
  if (message?.type === "order") feed.put(message);
  if (message?.type === "session.started") startedAtMs = message.at_ms;
  if (message?.type === "welcome" && isHost()) attempt(catchUp);
  draw();
});
setInterval(draw, DRAW_EVERY_MS);
draw();
