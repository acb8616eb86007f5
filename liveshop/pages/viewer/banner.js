/** The trouble, what still holds, and the way out; nothing at all when nothing is wrong. */

import { dropBearer } from "../shared/bearer.js";
import { html } from "../shared/html.js";
import { clock, t, timeOfDay } from "../shared/i18n.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { farewell } from "../shared/words.js";

const EXPIRED = 4502;

/** The part of the cart that is sure during an outage: "Your 2 items stay reserved until 21:04". */
function stillHolds(purchases) {
  const held = purchases.filter((p) => p.state === "held");
  if (held.length === 0) return "";
  const time = timeOfDay(Math.min(...held.map((p) => p.expires_at_ms)));
  return ` ${t("banner.held", { n: held.length, time })}`;
}

let turnMs = 0; // when one is let in, by performance.now()

/** Note when a crowd at the door is let in: the server says so before anything is drawn. */
export function followTurn(shop) {
  shop.subscribe((_, message) => {
    if (message?.type === "moved") turnMs = performance.now() + message.retry_after_ms;
  });
}

/** The seconds until one is let in, 0 if the server did not say. */
const useTurn = () =>
  useTicked(() => Math.max(0, Math.ceil((turnMs - performance.now()) / 1000)));

function joining(seconds) {
  return seconds > 0 ? t("banner.turn", { clock: clock(seconds) }) : t("banner.joining");
}

function WayOut({ code }) {
  const shop = useShop();
  const leave = () => {
    dropBearer(shop.sessionId);
    location.reload();
  };
  if (code !== EXPIRED) return html`<a href="/">${t("banner.all_shows")}</a>`;
  return html`<button type="button" onClick=${leave}>${t("banner.without_account")}</button>`;
}

export function Banner() {
  const line = useShopState((state) => state.line);
  const closed = useShopState((state) => state.closed);
  const buying = useShopState((state) => state.session?.buying ?? null);
  const purchases = useShopState((state) => state.mine.purchases);
  const turn = useTurn();
  const holds = stillHolds(purchases);
  let words = null;
  if (line === "closed") words = farewell(closed);
  else if (line === "waiting" && buying !== null) words = t("banner.reconnecting") + holds;
  else if (buying === null) words = joining(turn);
  else if (line !== "open") words = t("banner.reconnecting") + holds;
  else if (!buying) words = t("banner.buying_paused") + holds;
  return html`
    <div role="status" class="banner-place">
      ${words && html`<p class="banner">${words}
        ${line === "closed" && html`<${WayOut} code=${closed} />`}</p>`}
    </div>`;
}
