/**
 * The changes that messages of the server make: pure functions from a state and a message to the
 * next state. The parts that a message does not touch stay the very same objects.
 *
 * Here are the kernel's messages. Those of a feature are in its `page/state.js`, which may export
 *
 *     onSession  (session, message) => session, by the message's type: events, pulse, its own
 *     onState    (state, message) => state, likewise, for what is not in the session
 *     initial    its fields of the state, besides the session
 *     hide       (session, event) => the session before it, by the type of events that wait for the
 *                video
 *     begun      its fields of the session before anything has happened, for rehearsals
 */

const PURCHASES_MAX = 100;

/** The states of a purchase that has not ended. */
export const OPEN = new Set(["sending", "held", "paying"]);

export const initialState = {
  line: "connecting", closed: null, viewer: null, session: null, sales: {}, left: {},
  mine: { purchases: [], checkouts: [], orders: [] }, stats: null,
};

/** Return what one unit costs at `nowMs`, and the sale that says so or null. */
export function priceAt(session, product, variant, nowMs) {
  const sale = session.sales.find((s) => s.product_id === product.product_id) ?? null;
  const runs = sale !== null && sale.starts_at_ms <= nowMs && nowMs < sale.ends_at_ms;
  if (!runs || !(variant.sku in sale.prices)) return { price: variant.price, sale: null };
  return { price: sale.prices[variant.sku], sale };
}

/**
 * Return all that a card of one SKU shows, or null if it is not on the shelf: `product`, `variant`,
 * `price`, `was` (the higher price it is compared with, or null), `left`, and `sale`, which runs.
 */
export function offer(session, sku, nowMs) {
  for (const product of session?.shelf ?? []) {
    const variant = product.variants.find((v) => v.sku === sku);
    if (!variant) continue;
    const { price, sale } = priceAt(session, product, variant, nowMs);
    const before = sale ? variant.price : variant.was;
    // A price before that is null is not more than any.
    const was = before > price ? before : null;
    const left = Math.min(variant.left, sale?.left ?? variant.left);
    return { product, variant, price, was, left, sale };
  }
  return null;
}

/** Change the variants that differ; products in which none does stay the very same objects. */
function changeVariants(session, differs, change) {
  const touched = (p) => p.variants.some(differs);
  if (!session.shelf.some(touched)) return session;
  const changed = (v) => (differs(v) ? change(v) : v);
  const shelf = session.shelf.map((p) =>
    touched(p) ? { ...p, variants: p.variants.map(changed) } : p);
  return { ...session, shelf };
}

const setLeft = (session, left) => changeVariants(session,
  (v) => v.sku in left && left[v.sku] !== v.left, (v) => ({ ...v, left: left[v.sku] }));

/** Say how many of a SKU are left, and whether the last were sold, and not only reserved. */
const setUnits = (session, sku, units) => changeVariants(session,
  (v) => v.sku === sku, ({ sold, ...v }) => ({ ...v, ...units }));

export const without = (list, field, value) => list.filter((item) => item[field] !== value);

// An older server's events leave the address out, which its snapshot has at any time.
const setStatus = (s, { status, stream_url = s.stream_url }) => ({ ...s, status, stream_url });

const onSession = {
  pulse: applyPulse,
  "session.started": setStatus,
  "session.paused": setStatus,
  "session.resumed": setStatus,
  "session.ended": setStatus,
  "session.updated": (s, { status, title, starts_at_ms, stream_url, cover_url }) =>
    ({ ...s, status, title, starts_at_ms, stream_url, cover_url }),
  "session.stream": (s, { stream_url }) => ({ ...s, stream_url }),
  "product.added": (s, m) => ({ ...s, shelf: [...s.shelf, m.product] }),
  "product.removed": (s, m) => ({ ...s, shelf: without(s.shelf, "product_id", m.product_id) }),
  // The number of units left comes with the pulse, whatever the node knows.
  "stock.added": (s) => s,
  "product.repriced": (s, { prices }) =>
    changeVariants(s, (v) => v.sku in prices, (v) => ({ ...v, price: prices[v.sku] })),
  "product.pinned": (s, m) => ({ ...s, pinned: m.pinned }),
  "product.unpinned": (s, m) => ({ ...s, pinned: m.pinned }),
  "shelf.ordered": (s, m) => ({
    ...s,
    shelf: m.product_ids.map((id) => s.shelf.find((p) => p.product_id === id)),
  }),
  "sale.started": (s, { product_id, prices, starts_at_ms, ends_at_ms, left, limit }) => ({
    ...s,
    sales: [
      ...without(s.sales, "product_id", product_id),
      { product_id, prices, starts_at_ms, ends_at_ms, left, limit },
    ],
  }),
  "sale.ended": (s, m) => ({ ...s, sales: without(s.sales, "product_id", m.product_id) }),
  "product.sold_out": (s, { sku }) => setUnits(s, sku, { left: 0, sold: true }),
  "product.restocked": (s, { sku, left }) => setUnits(s, sku, { left }),
};

function applyPulse(session, { viewers, buying, left, sales }) {
  const next = left ? setLeft(session, left) : session;
  return {
    ...next,
    viewers: viewers ?? session.viewers,
    buying: buying ?? session.buying,
    sales: !sales ? session.sales : session.sales.map((s) =>
      s.product_id in sales ? { ...s, left: sales[s.product_id] } : s),
  };
}

/** Change the purchase with this rid, or add it. */
export const put = (mine, rid, change) => {
  const known = mine.purchases.find((p) => p.rid === rid);
  const next = { ...(known ?? { rid }), ...change };
  const purchases = known
    ? mine.purchases.map((p) => (p === known ? next : p))
    : [...mine.purchases, next].slice(-PURCHASES_MAX);
  return { ...mine, purchases };
};

/** Change the purchases with these rids, where they are known. */
export const changeAll = (mine, rids, change) => ({
  ...mine,
  purchases: mine.purchases.map((p) => (rids.includes(p.rid) ? { ...p, ...change } : p)),
});

/** Set the known purchases against `welcome`; a wish that it does not name is to be sent again. */
function reconcile(purchases, { reservations, orders }) {
  const live = new Map(reservations.map((r) => [r.rid, r]));
  const ordered = new Map(orders.flatMap((o) => o.rids.map((rid) => [rid, o])));
  // Where to pay is told when an order is made, to those who are connected then, and here.
  const open = (r) => ({ ...r, url: ordered.get(r.rid)?.url });
  const known = purchases.map((p) => {
    if (live.has(p.rid)) return { ...p, ...open(live.get(p.rid)), error: null };
    const { order_id, status } = ordered.get(p.rid) ?? {};
    const ended = status === "void" ? "expired" : "sold";
    if (order_id) return { ...p, state: ended, order_id, error: null };
    if (p.state === "paying" && p.command) return { ...p, state: "sending" };
    return OPEN.has(p.state) && p.state !== "sending" ? { ...p, state: "expired" } : p;
  });
  const rids = new Set(purchases.map((p) => p.rid));
  return [...known, ...reservations.filter((r) => !rids.has(r.rid)).map(open)];
}

const mark = (mine, is, status) => ({
  ...mine,
  orders: mine.orders.map((o) => (is(o) ? { ...o, status } : o)),
});

/** Change the reservation that has ended; an order that waited for its money ends with it. */
const end = (mine, { rid }, change) => {
  const waits = (o) => o.status === "pending" && o.rids.includes(rid);
  return changeAll(mark(mine, waits, "void"), [rid], change);
};

function addOrder(mine, { order_id, rids, total, currency, at_ms, why }) {
  const order = { order_id, rids, total, currency, at_ms, status: "confirmed", why };
  const orders = [...without(mine.orders, "order_id", order_id), order];
  return changeAll({ ...mine, orders }, rids, { state: "sold", order_id, error: null });
}

// The messages that the server sends to one buyer, and the changes of `mine`.
const MINE = {
  welcome: (s, m) => ({ ...s, purchases: reconcile(s.purchases, m), orders: m.orders }),
  reserved: (s, { rid, sku, quantity, price, expires_at_ms, state }) => {
    const known = s.purchases.find((p) => p.rid === rid);
    const begun = known?.command === "buy" ? "paying" : "held";
    const fields = { sku, quantity, price, expires_at_ms, state: state ?? begun, error: null };
    return put(s, rid, fields);
  },
  checkout: (s, m) =>
    changeAll(s, m.rids, { state: "paying", order_id: m.order_id, url: m.url, error: null }),
  confirmed: addOrder,
  released: (s, m) => end(s, m, { state: "released" }),
  expired: (s, m) => end(s, m, { state: "expired" }),
  refused: (s, m) => end(s, m, { state: "refused", error: m }),
  cancelled: (s, m) => mark(s, (o) => o.order_id === m.order_id, "cancelled"),
};

const onState = {
  session: (s, m) => ({ ...s, session: m }),
  // Of products a later message has what changed, and the first of a connection all.
  welcome: (s) => (s.stats ? { ...s, stats: { ...s.stats, products: {} } } : s),
  stats: (s, m) => ({
    ...s, stats: { ...m, products: { ...s.stats?.products, ...m.products } },
  }),
};

/** Events have both an offset and an instant; nothing else does. */
export const isEvent = (m) => "offset" in m && "at_ms" in m;

/** Return the state after what one feature makes of a message. */
export function applied(state, message, { onSession = {}, onState = {} }) {
  const { session } = state;
  const change = onSession[message.type];
  const next = change && session ? { ...state, session: change(session, message) } : state;
  return onState[message.type]?.(next, message) ?? next;
}

/**
 * Return the state after one message of the server. An event moves the offset even if nobody knows
 * its type; other messages that nobody knows change nothing.
 */
export function reduce(state, message, features = []) {
  const event = isEvent(message);
  // It is in the snapshot.
  if (event && !(message.offset > state.session?.offset)) return state;
  const mine = MINE[message.type]?.(state.mine, message);
  const start = mine ? { ...state, mine, viewer: message.viewer ?? state.viewer } : state;
  const next = [{ onSession, onState }, ...features].reduce(
    (s, each) => applied(s, message, each), start);
  return event ? { ...next, session: { ...next.session, offset: message.offset } } : next;
}

/** Return the state with `sales` by product and `left` by SKU, each rebuilt if it differs. */
export function derived(state, before) {
  const { session } = state;
  if (session === null || session === before.session) return state;
  const sales = session.sales === before.session?.sales ? state.sales
    : Object.fromEntries(session.sales.map((sale) => [sale.product_id, sale]));
  const left = session.shelf === before.session?.shelf ? state.left
    : Object.fromEntries(session.shelf.flatMap((p) => p.variants.map((v) => [v.sku, v.left])));
  return { ...state, sales, left };
}
