/** The lines of the console's chat: messages, and between them what was just bought. */

import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { useNames } from "../../../pages/shared/names.js";
import { useShopState } from "../../../pages/shared/shop.js";

const PURCHASES_MAX = 60;
const LINES_MANY = 50; // the chat of a snapshot goes back so far
const FIRST_NAME_CHARS_MIN = 3; // a shorter one is too often a word of another language

const keys = new WeakMap(); // of what everyone is told: two that look alike are two
let lastKey = 0;

function keyOf(told) {
  if (!keys.has(told)) keys.set(told, `bought ${++lastKey}`);
  return keys.get(told);
}

const isSold = ({ status }) => status === "confirmed";

/** The newest orders as lines, each with which of its buyer's it is; the oldest first. */
function purchasesOf(orders, names, nameOf) {
  const counts = new Map();
  const told = [...orders].reverse().filter(isSold).map((order) => {
    const { order_id, viewer_id, at_ms, lines } = order;
    const nth = (counts.get(viewer_id) ?? 0) + 1;
    counts.set(viewer_id, nth);
    return { id: `order ${order_id}`, at_ms, name: names[viewer_id] || viewer_id, lines, nth };
  }).slice(-PURCHASES_MAX);
  return told.map(({ lines, ...line }) => ({
    ...line,
    bought: lines.map(({ sku, quantity }) =>
      (quantity > 1 ? `${nameOf(sku)} × ${quantity}` : nameOf(sku))).join(", "),
  }));
}

/** The purchases that everyone is told of, as lines: moderators know no orders. */
function publicPurchases(bought, shelf) {
  const titles = new Map(shelf.map(({ product_id, title }) => [product_id, title]));
  return bought.filter(({ product_id }) => titles.has(product_id))
    .map((each) => {
      const { product_id, quantity, name, at_ms } = each;
      const title = titles.get(product_id);
      const what = quantity > 1 ? `${title} × ${quantity}` : title;
      return { id: keyOf(each), at_ms, name, nth: 1, bought: what };
    });
}

const NONE = [];

/** Return the lines of the chat, the oldest first; those of purchases have `bought`. */
export function useTalk() {
  const desk = useDesk();
  const chat = useShopState((state) => state.session.chat);
  const shelf = useShopState((state) => state.session.shelf);
  const told = useShopState((state) => state.bought ?? NONE);
  const orders = useDeskState((state) => state.orders);
  const names = useDeskState((state) => state.names);
  const newest = orders.slice(0, PURCHASES_MAX).flatMap(({ lines }) => lines);
  const nameOf = useNames(newest, (words) => desk.office.search(words));
  const purchases = desk.isHost ? purchasesOf(orders, names, nameOf)
    : publicPurchases(told, shelf);
  // Purchases from before a long chat begins stand in the list of orders.
  const since = chat.length >= LINES_MANY ? chat[0].at_ms : 0;
  return [...chat, ...purchases.filter(({ at_ms }) => at_ms >= since)]
    .sort((a, b) => a.at_ms - b.at_ms);
}

const words = (text) => text.toLowerCase().split(/[^\p{L}\p{N}]+/u).filter(Boolean).join(" ");

/** The ways to call somebody: by the whole name, and by the first of its words. */
function calls(name) {
  const whole = words(name);
  const [first] = whole.split(" ");
  return first.length < FIRST_NAME_CHARS_MIN ? [whole] : [whole, first];
}

/** Whether a message names somebody, as "@Hana", "hana?" or "Hana Ito". */
function isNaming(text, name) {
  const said = ` ${words(text)} `;
  return calls(name).some((call) => call && said.includes(` ${call} `))
    || text.toLowerCase().includes(`@${name.toLowerCase()}`);
}

/** Whether a viewer speaks to the staff: answers one of them, or names the reader or its role. */
export function isToStaff({ viewer, text, reply_to }, lines, me) {
  if (viewer.role || viewer.id === me.id) return false;
  const answered = reply_to && lines.find(({ id }) => id === reply_to);
  return Boolean(answered?.viewer?.role) || isNaming(text, me.name || me.id)
    || text.toLowerCase().includes(`@${me.role}`);
}
