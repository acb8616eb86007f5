/** The price of a cart with its offers, as the server reckons it: asked again when it changes. */

import { useEffect, useReducer, useRef } from "../../../pages/shared/html.js";
import { useShop, useShopState } from "../../../pages/shared/shop.js";

const ASK_AFTER_MS = 300;
const AGAIN_MS = 1_000;
const LATER = new Set(["rate_limited", "busy", "unavailable"]);

/** All that the price of a cart follows from, as text; null where nothing is to be asked. */
export function questionOf(held, codes, offers) {
  const isOpen = offers.some(({ state }) => state === "open");
  if (held.length === 0 || (!isOpen && codes.length === 0)) return null;
  const lines = held.map(({ rid, price }) => [rid, price]);
  const terms = offers.map(({ offer, state, left }) => [offer, state, left === 0]);
  return JSON.stringify([lines, codes, terms]);
}

/**
 * Return `{ priced, pending }`: the server's answer, null where there is none; while one is pending
 * the one before stays, so that nothing jumps. It asks again when `changes` is another, too.
 */
export function usePriced(held, codes, changes) {
  const shop = useShop();
  const offers = useShopState(({ session }) => session.offers) ?? [];
  const line = useShopState((state) => state.line);
  const [, draw] = useReducer((count) => count + 1, 0);
  const known = useRef({ question: null, changes, priced: null });
  const question = questionOf(held, codes, offers);
  const settle = (priced) => {
    known.current = { question, changes, priced };
    draw();
  };
  useEffect(() => {
    if (question === null || line !== "open") return undefined;
    let timer = 0;
    let isOver = false;
    const ask = async () => {
      const rids = held.map(({ rid }) => rid);
      try {
        const priced = await shop.send({ type: "price", rids, codes });
        if (!isOver) settle(priced);
      } catch (refusal) {
        if (isOver) return;
        if (LATER.has(refusal.code)) timer = setTimeout(ask, refusal.retry_after_ms ?? AGAIN_MS);
        else settle(null); // the order itself will say what is so
      }
    };
    timer = setTimeout(ask, ASK_AFTER_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [question, line, changes]);
  if (question === null) return { priced: null, pending: false };
  const { question: asked, changes: then, priced } = known.current;
  const isOld = asked !== question || then !== changes;
  return { priced, pending: isOld && line === "open" };
}
