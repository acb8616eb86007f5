/** Which products are shown: one in place of all others, one in addition, the one before. */

import { t } from "../shared/i18n.js";
import { nextProduct, onAir, productOf, upcoming } from "./show.js";

const PINS_MAX = 3;

/** Wait until the page has what was answered: events may come after their answer. */
function seen(shop, { offset = 0 }) {
  if (shop.state.session.offset >= offset) return null;
  return new Promise((done) => {
    const end = shop.subscribe(({ session }) => {
      if (session.offset < offset) return;
      end();
      done();
    });
  });
}

/** Pin these products in this order and no others; new ones come before old ones go. */
async function arrange(desk, wanted) {
  let now = [...desk.shop.state.session.pinned];
  let answer = {};
  const kept = [];
  for (const id of now) if (id === wanted[kept.length]) kept.push(id);
  const unpin = async (product_id) => {
    answer = await desk.send({ type: "product.unpin", product_id });
    now = now.filter((id) => id !== product_id);
  };
  for (const product_id of wanted.slice(kept.length)) {
    if (now.includes(product_id)) await unpin(product_id);
    else if (now.length >= PINS_MAX) await unpin(now.find((id) => !kept.includes(id)));
    answer = await desk.send({ type: "product.pin", product_id });
    now = [...now, product_id];
    kept.push(product_id);
  }
  for (const id of now.filter((each) => !kept.includes(each))) await unpin(id);
  await seen(desk.shop, answer);
}

/**
 * Show the products that `wanted(pinned)` says by what is shown now; that comes back whole if it is
 * undone. One change after the other: two that were made of one state would show what none wants.
 */
function change(desk, key, wanted, said) {
  let former = [];
  const work = () => {
    former = desk.shop.state.session.pinned;
    return arrange(desk, wanted(former));
  };
  const back = () => {
    const fitting = () => former.filter((id) => productOf(desk.shop.state.session, id));
    return desk.attempt("pins", () => desk.inTurn(() => arrange(desk, fitting())));
  };
  return desk.attempt(key, () => desk.inTurn(work), { said, undo: back });
}

/** Show only this product. */
export function pinOnly(desk, { product_id, title }) {
  return change(desk, `product.pin:${product_id}`, () => [product_id],
    t("console.pinned_said", { title }));
}

/** Show this product too, before those that are shown. */
export function pinAdded(desk, { product_id, title }) {
  const { pinned } = desk.shop.state.session;
  if (pinned.includes(product_id)) return pinOnly(desk, { product_id, title });
  if (pinned.length >= PINS_MAX) {
    desk.say(t("console.pins_full", { n: PINS_MAX, title }), { problem: true });
    return null;
  }
  const added = (shown) => [...without(shown, product_id), product_id].slice(-PINS_MAX);
  return change(desk, `product.pin:${product_id}`, added, t("console.pinned_said", { title }));
}

const without = (ids, productId) => ids.filter((id) => id !== productId);

export function unpin(desk, { product_id, title }) {
  return change(desk, `product.unpin:${product_id}`, (shown) => without(shown, product_id),
    t("console.unpinned_said", { title }));
}

export function unpinLast(desk) {
  const product = onAir(desk.shop.state.session);
  return product && unpin(desk, product);
}

/** Show the next product of the run of show; behind the last one, say so, then start over. */
export function pinNext(desk, pin = pinOnly) {
  const { session } = desk.shop.state;
  const next = nextProduct(session);
  if (next) return pin(desk, next);
  const [first] = upcoming({ ...session, pinned: [] });
  if (first === undefined) return null;
  if (desk.state.startsOver) return pin(desk, first);
  desk.change({ startsOver: true });
  desk.say(t("console.last_said"));
  return null;
}

/** Go back to the product that was shown before this one, else to the one before it in the run. */
export function pinBack(desk) {
  const { session } = desk.shop.state;
  const now = session.pinned.at(-1);
  const passed = desk.shown.findLast((id) => id !== now && productOf(session, id));
  const place = session.shelf.findIndex(({ product_id }) => product_id === now);
  const before = productOf(session, passed) ?? session.shelf[place - 1];
  if (before === undefined) return null;
  desk.shown = desk.shown.slice(0, Math.max(0, desk.shown.lastIndexOf(passed)));
  return pinOnly(desk, before);
}
