/** Orders grouped by who bought: the sums count what is sold, and the latest buyer comes first. */

/** Whether an order counts: one that waits for its money does not, nor one that was taken back. */
const isSold = ({ status }) => status === "confirmed";

const unitsOf = ({ lines }) => lines.reduce((sum, { quantity }) => sum + quantity, 0);

/** Group orders, the newest first, as {viewer_id, orders, units, total, currency}. */
export function byBuyer(orders) {
  const groups = new Map();
  for (const order of orders) {
    const { viewer_id, currency } = order;
    if (!groups.has(viewer_id)) {
      groups.set(viewer_id, { viewer_id, currency, orders: [], units: 0, total: 0 });
    }
    const group = groups.get(viewer_id);
    group.orders.push(order);
    if (!isSold(order)) continue;
    group.units += unitsOf(order);
    group.total += order.total;
  }
  return [...groups.values()];
}

/** The number of an order that its buyer is told. */
export const numberOf = ({ order_id }) => order_id.slice(0, 8);

/** Whether what is searched for is a buyer's name or id, an order's number, or what it is of. */
export function matches({ viewer_id, orders }, sought, buyer, whatOf) {
  const has = (text) => text.toLowerCase().includes(sought);
  return has(buyer) || has(viewer_id)
    || orders.some((order) => order.order_id.startsWith(sought) || has(whatOf(order)));
}

/** Return a group as it is now, without the orders that came since `was`: its rows stand still. */
export function standing(was, now) {
  const known = new Set(was.orders.map(({ order_id }) => order_id));
  const [group = now] = byBuyer(now.orders.filter(({ order_id }) => known.has(order_id)));
  return group;
}
