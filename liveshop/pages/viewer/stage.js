/** The video, or the moving picture in its place; and what is said over it when no show is on. */

import { downloadCalendar } from "../shared/calendar.js";
import { html } from "../shared/html.js";
import { clock, dayAndTime, t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { Video } from "./video.js";

function Countdown({ startsAtMs }) {
  const shop = useShop();
  const seconds = useTicked(() => shop.secondsTo(startsAtMs));
  if (seconds === 0) return html`<p class="stage-note">${t("stage.any_moment")}</p>`;
  return html`
    <p class="stage-note">${t("stage.starts_at", { when: dayAndTime(startsAtMs) })}</p>
    <p class="countdown" role="timer" aria-label=${t("stage.starts_in")}>${clock(seconds)}</p>`;
}

function Scheduled() {
  const shop = useShop();
  const startsAtMs = useShopState(({ session }) => session.starts_at_ms);
  if (startsAtMs === null) return html`<p class="stage-note">${t("stage.soon")}</p>`;
  const remind = () => downloadCalendar(shop.state.session, location.href.split("#")[0]);
  return html`
    <${Countdown} startsAtMs=${startsAtMs} />
    <button type="button" class="pill" onClick=${remind}>
      <${Icon} name="calendar" /> ${t("stage.calendar")}</button>`;
}

function imageOf({ session }) {
  const { pinned, shelf } = session;
  const shown = shelf.find((p) => p.product_id === pinned.at(-1)) ?? shelf[0];
  return shown?.image ?? null;
}

/** The newest pinned product's picture, drifting in the place of a video. */
function Picture() {
  const image = useShopState(imageOf);
  return html`
    <div class="picture" aria-hidden="true">
      ${image && html`<img key=${image} src=${image} alt="" />`}
    </div>`;
}

const WORDS = {
  draft: { key: "stage.draft" },
  paused: { key: "stage.paused" },
};

/** Thanks, and for who bought something the way to what it was. */
function Ended({ onOrders }) {
  const count = useShopState(({ mine }) => mine.orders.length);
  return html`
    <p class="stage-note">${t("stage.ended")}</p>
    ${count > 0 && html`<button type="button" class="pill" onClick=${onOrders}>
      <${Icon} name="receipt" /> ${t("orders.title")}</button>`}`;
}

export function Stage({ children, onOrders }) {
  const status = useShopState(({ session }) => session.status);
  const address = useShopState(({ session }) => session.stream_url);
  const playing = address !== null && status === "live";
  return html`
    <section class="stage ${status}" aria-label=${t("stage.title")}>
      ${playing ? html`<${Video} key=${address} address=${address} />` : html`<${Picture} />`}
      ${children}
      ${status !== "live" && html`
        <div class="stage-words">
          ${status === "scheduled" && html`<${Scheduled} />`}
          ${status === "ended" && html`<${Ended} onOrders=${onOrders} />`}
          ${status in WORDS && html`<p class="stage-note">${t(WORDS[status].key)}</p>`}
        </div>`}
    </section>`;
}
