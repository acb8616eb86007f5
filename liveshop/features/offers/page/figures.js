/** How an offer has gone: the orders that were made with it, and what they cost less by it. */

/** Return how many of the confirmed orders name an offer in their reasons, and its discount. */
export function figuresOf(orders, name) {
  const reasons = orders.filter(({ status }) => status === "confirmed")
    .map(({ why = [] }) => why.filter(({ offer }) => offer === name))
    .filter((named) => named.length > 0);
  const amounts = reasons.flat().map(({ amount }) => amount);
  return { orders: reasons.length, discount: amounts.reduce((sum, each) => sum - each, 0) };
}
