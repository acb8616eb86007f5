/**
 * The console's parts as docks of a program that streams, `/host/s1?dock=chat`: each is 300 px wide
 * and has no header, since the program has its own picture of the show.
 */

import { useDesk } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { useShopState } from "../shared/shop.js";
import { useSlot } from "../shared/slots.js";
import { Orders } from "./orders.js";
import { RunOfShow } from "./run_of_show.js";

export const DOCKS = ["chat", "run", "orders", "all"];

const wanted = new URLSearchParams(location.search).get("dock");

/** The dock that this page is, or null where it is the whole console. */
export const DOCK = DOCKS.includes(wanted) ? wanted : null;

/** Whether the page is a dock of one part. */
export const isOnePart = DOCK !== null && DOCK !== "all";

/** The part that the page is a dock of; for moderators there are no orders. */
export function Dock() {
  const desk = useDesk();
  const title = useShopState((state) => state.session.title);
  const columns = useSlot("column");
  const parts = { run: RunOfShow, ...(desk.isHost && { orders: Orders }) };
  for (const { part, Content } of columns) parts[part] = Content;
  const Part = parts[DOCK];
  return html`
    <main class="dock"><h1 class="unseen">${title}</h1>${Part && html`<${Part} />`}</main>`;
}
