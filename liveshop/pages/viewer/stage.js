/** The video, or a picture in its place; and what is said over it when no show is on. */

import { html, useState } from "../shared/html.js";
import { clock, dayAndTime, t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { useShop, useShopState, useTicked } from "../shared/shop.js";
import { downloadCalendar } from "../shared/calendar.js";
import { Backdrop, Picture } from "./picture.js";
import { address } from "./share.js";
import { TopBar } from "./top_bar.js";
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
  return html`
    <${Countdown} startsAtMs=${startsAtMs} />
    <button type="button" class="primary"
      onClick=${() => downloadCalendar(shop.state.session, address())}>
      <${Icon} name="calendar" /> ${t("stage.remind")}</button>`;
}

const WORDS = {
  draft: { key: "stage.draft" },
  paused: { key: "stage.paused" },
};

/** Thanks, and for who bought something the way to what it was. */
function Ended({ open }) {
  const count = useShopState(({ mine }) => mine.orders.length);
  return html`
    <p class="stage-note">${t("stage.ended")}</p>
    ${count > 0 && html`
      <button type="button" class="primary" onClick=${() => open("orders")}>
        <${Icon} name="receipt" /> ${t("orders.open", { n: count })}</button>`}`;
}

function Words({ status, open }) {
  return html`
    <div class="stage-words">
      ${status === "scheduled" && html`<${Scheduled} />`}
      ${status === "ended" && html`<${Ended} open=${open} />`}
      ${status in WORDS && html`<p class="stage-note">${t(WORDS[status].key)}</p>`}
    </div>`;
}

/** `hasRoom` is that of the top bar. */
export function Stage({ open, hasRoom, children }) {
  const status = useShopState(({ session }) => session.status);
  const address = useShopState(({ session }) => session.stream_url);
  const [muted, setMuted] = useState(true); // browsers start no sound unasked
  const playing = address !== null && status === "live";
  const sound = playing ? { muted, toggle: () => setMuted(!muted) } : null;
  return html`
    <section class="stage ${status}" aria-label=${t("stage.title")}>
      ${playing ? html`<${Backdrop} />
        <${Video} key=${address} address=${address} muted=${muted} />` : html`<${Picture} />`}
      <${TopBar} open=${open} sound=${sound} hasRoom=${hasRoom} />
      ${children}
      ${status !== "live" && html`<${Words} status=${status} open=${open} />`}
    </section>`;
}
