/** The fulfilment of the orders of a show, as its buyers and its host read it. */

import { html } from "../../../pages/shared/html.js";
import { dayAndTime, t } from "../../../pages/shared/i18n.js";

const PAGE = 200;

/** Return all fulfilments that one may read, by order; `ask(path)` reads a page of them. */
export async function readAll(sessionId, ask) {
  const found = {};
  for (let after = null; ;) {
    const query = new URLSearchParams({ limit: PAGE, ...(after && { after }) });
    const path = `/api/sessions/${encodeURIComponent(sessionId)}/fulfilments?${query}`;
    const { fulfilments, next } = await ask(path);
    for (const each of fulfilments) found[each.order_id] = each;
    if (next === null) return found;
    after = next;
  }
}

/** Where a parcel is, in a line: when it left or came, with whom, and the carrier's page. */
export function Whereabouts({ fulfilment }) {
  const { state, carrier, tracking, tracking_url, shipped_at_ms, delivered_at_ms } = fulfilment;
  const time = dayAndTime(delivered_at_ms ?? shipped_at_ms);
  const label = tracking ? t("shipping.track_number", { number: tracking }) : undefined;
  return html`
    <span>${t(`shipping.time.${state}`, { time })}</span>
    ${carrier && html` · <bdi>${carrier}</bdi>`}
    ${tracking && html` · <bdi>${tracking}</bdi>`}
    ${tracking_url && html` · <a href=${tracking_url} target="_blank" rel="noopener noreferrer"
      aria-label=${label}>${t("shipping.track")}</a>`}`;
}
