/** The show that is on air or comes next, large: when it is, and the one next step. */

import { downloadCalendar } from "../shared/calendar.js";
import { html, useId } from "../shared/html.js";
import { clock, dayAndTime, t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { useTicked } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import { Cover } from "./cover.js";
import { ConsoleLink, Share, watchPath } from "./links.js";
import { isOn } from "./listing.js";
import { Status } from "./status.js";

const DAY_S = 86_400;
const COVER_PX = 1280;

/** How long until a show: days, then a clock; "any moment" once its start is over. */
function Countdown({ startsAtMs, aheadMs }) {
  const seconds = useTicked(() =>
    Math.max(0, Math.ceil((startsAtMs - Date.now() - aheadMs) / 1000)));
  if (seconds === 0) return html`<p class="countdown">${t("lobby.any_moment")}</p>`;
  if (seconds > DAY_S) {
    return html`<p class="countdown">${t("lobby.in_days", { n: Math.ceil(seconds / DAY_S) })}</p>`;
  }
  return html`
    <p class="countdown" role="timer" aria-label=${t("stage.starts_in")}>${clock(seconds)}</p>`;
}

function Remind({ show }) {
  const remind = () => downloadCalendar(show, location.origin + watchPath(show));
  return html`
    <button type="button" class="primary" onClick=${remind}>
      <${Icon} name="calendar" /> ${t("lobby.remind")}</button>`;
}

/** The next step of those who came to watch. */
function ForViewers({ show }) {
  if (show.status === "scheduled") return html`<${Remind} show=${show} />`;
  return html`<a class="button primary" href=${watchPath(show)}>${t("lobby.watch")}</a>`;
}

function ForStaff({ show, token, again }) {
  return html`
    <${ConsoleLink} show=${show} primary />
    <${Share} show=${show} />
    ${token !== null && html`<${Slot} place="show" session=${show} token=${token}
      again=${again} />`}`;
}

/** `token` is that of those who may plan, else null. */
export function NextShow({ show, aheadMs, isStaff, token, again }) {
  const titleId = useId();
  const { title, status, starts_at_ms, shelf, viewers } = show;
  return html`
    <article class="next-show" aria-labelledby=${titleId}>
      <${Cover} show=${show} width=${COVER_PX} />
      <div class="next-words">
        <p class="tags"><${Status} status=${status} />
          ${isOn(show) && html`<span class="note">${t("viewers.watching", { n: viewers })}</span>`}
        </p>
        <h2 id=${titleId}><a href=${watchPath(show)}><bdi>${title}</bdi></a></h2>
        ${status === "scheduled" && html`
          <p class="when"><bdi>${dayAndTime(starts_at_ms)}</bdi></p>
          <${Countdown} startsAtMs=${starts_at_ms} aheadMs=${aheadMs} />`}
        ${status === "draft" && html`<p class="note">${t("lobby.draft_words")}</p>`}
        ${(isStaff || shelf.length > 0) && html`
          <p class="note">${t("lobby.products", { n: shelf.length })}</p>`}
        <div class="show-buttons">
          ${isStaff ? html`<${ForStaff} show=${show} token=${token} again=${again} />`
            : html`<${ForViewers} show=${show} />`}
        </div>
      </div>
    </article>`;
}
