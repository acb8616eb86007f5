/** What a practice allows: each command leads to events, or is refused as the server would. */

import { refuse } from "./practice_refuse.js";
import { percentOff, saleOf, unitsLeft } from "./show.js";

const PINS_MAX = 3;
const ON_AIR = ["live", "paused"];
// What is still decided after the end: late viewers see the chat.
const AFTER_THE_END = new Set(["chat.delete", "chat.unpin"]);
const TURNS = {
  "session.start": { from: ["draft", "scheduled"], type: "session.started", status: "live" },
  "session.pause": { from: ["live"], type: "session.paused", status: "paused" },
  "session.resume": { from: ["paused"], type: "session.resumed", status: "live" },
  "session.end": { from: ON_AIR, type: "session.ended", status: "ended" },
};

function turn({ status, sales }, { from, ...event }) {
  if (!from.includes(status)) refuse("conflict", `the session is ${status}`);
  const over = event.status === "ended" ? sales : [];
  return [...over.map(saleEnded("session_end")), event];
}

const saleEnded = (reason) => ({ product_id }) => ({ type: "sale.ended", product_id, reason });

function onShelf({ shelf }, product_id) {
  return shelf.find((p) => p.product_id === product_id) ?? refuse("not_found", product_id);
}

function startSale(session, command, nowMs) {
  const { product_id, percent, prices, duration_ms, units = null, starts_in_ms = 0 } = command;
  if (!ON_AIR.includes(session.status)) {
    refuse("conflict", `a sale needs a session live or paused; it is ${session.status}`);
  }
  const product = onShelf(session, product_id);
  if (saleOf(session, product)) refuse("conflict", "the product has a sale already");
  const off = prices ?? Object.fromEntries(
    product.variants.map((v) => [v.sku, percentOff(v.price, percent)]));
  const dearer = product.variants.find((v) => off[v.sku] > v.price);
  if (dearer) refuse("bad_request", `${dearer.sku} is ${dearer.price} outside the sale`);
  const left = unitsLeft({ variants: product.variants.filter((v) => v.sku in off) });
  if (units > left) refuse("sold_out", product_id, { left });
  const starts_at_ms = nowMs + starts_in_ms;
  return [{ type: "sale.started", product_id, prices: off, starts_at_ms,
    ends_at_ms: starts_at_ms + duration_ms, left: units, limit: command.limit ?? null }];
}

function reprice(session, { product_id, prices }) {
  const product = onShelf(session, product_id);
  const sale = saleOf(session, product);
  const below = Object.keys(prices).find((sku) => prices[sku] < (sale?.prices[sku] ?? 0));
  if (below) refuse("conflict", `${below} is ${sale.prices[below]} in the product's sale`);
  return [{ type: "product.repriced", product_id, prices }];
}

const DECIDED = {
  "product.add": ({ shelf }, command, nowMs, catalogue) => {
    if (shelf.some((p) => p.product_id === command.product_id)) refuse("conflict", "on the shelf");
    return [{ type: "product.added", product: catalogue.offer(command) }];
  },
  "product.pin": ({ pinned }, { product_id }) => {
    if (pinned.includes(product_id)) refuse("conflict", "the product is pinned already");
    if (pinned.length >= PINS_MAX) refuse("limit", "pinned products", { limit: PINS_MAX, left: 0 });
    return [{ type: "product.pinned", product_id, pinned: [...pinned, product_id] }];
  },
  "product.unpin": ({ pinned }, { product_id }) => {
    if (!pinned.includes(product_id)) refuse("conflict", "the product is not pinned");
    return [unpinned(pinned, product_id)];
  },
  "product.reprice": reprice,
  "product.remove": (session, { product_id }, nowMs, catalogue) => {
    const { pinned, sales } = session;
    catalogue.keep(onShelf(session, product_id));
    return [
      ...sales.filter((sale) => sale.product_id === product_id).map(saleEnded("manual")),
      ...(pinned.includes(product_id) ? [unpinned(pinned, product_id)] : []),
      { type: "product.removed", product_id },
    ];
  },
  "shelf.order": ({ shelf }, { product_ids }) => {
    const rest = shelf.map((p) => p.product_id).filter((id) => !product_ids.includes(id));
    return [{ type: "shelf.ordered", product_ids: [...product_ids, ...rest] }];
  },
  "sale.start": startSale,
  "sale.end": (session, { product_id }) => {
    const sale = saleOf(session, { product_id }) ?? refuse("conflict", "the product has no sale");
    return [saleEnded("manual")(sale)];
  },
  "chat.delete": (session, { id }) => [{ type: "chat.deleted", id }],
  "chat.pin": ({ chat }, { id }) =>
    [{ type: "chat.pinned", id, message: chat.find((message) => message.id === id) }],
  "chat.unpin": (session, { id }) => [{ type: "chat.unpinned", id }],
  "chat.slow": (session, { interval_ms }) => [{ type: "chat.slowed", interval_ms }],
  "chat.block": (session, { words }) => [{ type: "chat.blocked", count: words.length }],
};

function unpinned(pinned, product_id) {
  const rest = pinned.filter((id) => id !== product_id);
  return { type: "product.unpinned", product_id, pinned: rest };
}

/** What a command leads to: events without offset and instant; rejects with `Refused`. */
export function decide(session, command, nowMs, catalogue) {
  const { type } = command;
  if (type in TURNS) return turn(session, TURNS[type]);
  if (!(type in DECIDED)) refuse("conflict", type);
  if (session.status === "ended" && !AFTER_THE_END.has(type)) {
    refuse("conflict", "the session has ended");
  }
  return DECIDED[type](session, command, nowMs, catalogue);
}

/** The ends of the sales whose time is over, or that have nothing left. */
export function endedSales({ shelf, sales }, nowMs) {
  const variants = shelf.flatMap((p) => p.variants);
  const isGone = (sale) => sale.left === 0
    || variants.every((v) => v.left === 0 || !(v.sku in sale.prices));
  const begun = sales.filter((sale) => sale.starts_at_ms <= nowMs);
  return [
    ...begun.filter((sale) => sale.ends_at_ms <= nowMs).map(saleEnded("timer")),
    ...begun.filter((sale) => sale.ends_at_ms > nowMs && isGone(sale)).map(saleEnded("sold_out")),
  ];
}
