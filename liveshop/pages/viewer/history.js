/** The lines of a buyer's orders, which the server tells over HTTP. */

import { untilDone } from "../shared/again.js";
import { askJson } from "../shared/api.js";
import { useEffect, useState } from "../shared/html.js";
import { useShop, useShopState } from "../shared/shop.js";

const PAGE = 200;

async function readLines({ sessionId, token }) {
  const lines = new Map();
  for (let after = 0; ;) {
    const query = new URLSearchParams({ session: sessionId, after, limit: PAGE });
    const { orders, next } = await askJson("GET", `/api/orders?${query}`, { token });
    for (const order of orders) lines.set(order.order_id, order.lines);
    after = next;
    if (orders.length < PAGE) return lines;
  }
}

/** Return what each order is of; those made before this page was loaded are asked for. */
export function useLines() {
  const shop = useShop();
  const { orders, purchases } = useShopState(({ mine }) => mine);
  const [read, setRead] = useState(new Map());
  const own = ({ rids }) => purchases.filter((p) => rids.includes(p.rid));
  const lines = (order) => read.get(order.order_id) ?? own(order);
  const unknown = orders.filter((order) => lines(order).length < order.rids.length).length;
  useEffect(() => {
    // Until there is an answer the orders have their numbers and amounts still.
    return unknown > 0 ? untilDone(async () => setRead(await readLines(shop))) : undefined;
  }, [unknown]);
  return lines;
}
