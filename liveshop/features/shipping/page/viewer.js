/** In the viewer's orders: whether each is on its way or delivered, read when they are opened. */

import { untilDone } from "../../../pages/shared/again.js";
import { askJson } from "../../../pages/shared/api.js";
import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { useShop } from "../../../pages/shared/shop.js";
import { Whereabouts, readAll } from "./fulfilments.js";

const FRESH_MS = 2_000;
const asked = new WeakMap(); // shop → { atMs, answer }: the orders of a list ask together

function read(shop) {
  const { sessionId, token } = shop;
  const last = asked.get(shop);
  if (last && performance.now() - last.atMs < FRESH_MS) return last.answer;
  const answer = readAll(sessionId, (path) => askJson("GET", path, { token }));
  asked.set(shop, { atMs: performance.now(), answer });
  return answer;
}

function OfOrder({ order }) {
  const shop = useShop();
  const [found, setFound] = useState({});
  useEffect(() => untilDone(async () => setFound(await read(shop))), [shop]);
  const fulfilment = found[order.order_id];
  if (!fulfilment) return null;
  return html`<p class="note good"><${Whereabouts} fulfilment=${fulfilment} /></p>`;
}

export const slots = { order: OfOrder };
