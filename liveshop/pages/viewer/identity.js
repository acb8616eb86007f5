/**
 * The viewer's name: somebody who has none is asked for it at the first tap on Buy, once. The wish
 * waits meanwhile, also while a sign-in page of the shop is open in this tab, and then goes on.
 */

import { useShop, useShopState } from "../shared/shop.js";
import { useSlot } from "../shared/slots.js";
import { takeWish } from "../shared/wish.js";

/** Carry out the wish that waits, as soon as the viewer has a name and the show is there. */
export function followWish(shop) {
  let known = null;
  shop.subscribe(({ viewer, session }) => {
    if (viewer === known || session === null) return;
    known = viewer;
    const wish = takeWish(shop);
    if (wish) shop[wish.command](wish);
  });
}

/**
 * Return what buys: `wish(command, fields)`; null where this viewer has no way to. `open` opens the
 * sheet that asks for a name.
 */
export function useWish(open) {
  const shop = useShop();
  useShopState(({ viewer }) => viewer);
  const [way] = useSlot("identity");
  if (shop.token) return (command, fields) => shop[command](fields);
  if (!way) return null;
  return (command, fields) => way.begin(shop, open, { ...fields, command });
}
