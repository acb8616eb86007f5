/** The list of shows: the next one large, then those to come, then those that are over. */

import { html } from "../shared/html.js";
import { dayAndTime, t } from "../shared/i18n.js";
import { Slot } from "../shared/slots.js";
import { Cover } from "./cover.js";
import { ConsoleLink, Share, watchPath } from "./links.js";
import { isOver, parted, useListing, useTurn } from "./listing.js";
import { NextShow } from "./next_show.js";
import { Status } from "./status.js";

const COVER_PX = 320;

/**
 * `say` tells what went wrong, or "" when it is over; the staff has links to the consoles, and
 * those who may plan have what features add to a show. `empty` is drawn if there is no show.
 */
export function Shows({ token, isStaff, mayPlan, say, empty }) {
  const { sessions, aheadMs, reading, again, more } = useListing(token, say);
  const { next, planned, over } = parted(sessions ?? [], Date.now() + aheadMs);
  useTurn(next, token, again);
  const about = { isStaff, token: mayPlan ? token : null, again };
  const action = sessions === null ? t("lobby.again") : t("lobby.more");
  return html`
    <section class="shows" aria-label=${t("lobby.shows")} aria-busy=${reading}>
      ${sessions === null && reading && html`
        <div class="next-show blank"><p class="note">${t("lobby.reading")}</p></div>`}
      ${sessions?.length === 0 && empty}
      ${next !== null && html`<${NextShow} show=${next} aheadMs=${aheadMs} ...${about} />`}
      <${Part} title=${t("lobby.planned")} shows=${planned} ...${about} />
      <${Part} title=${t("lobby.over")} shows=${over} ...${about} />
      ${more !== null && html`
        <button type="button" class="more" aria-disabled=${reading}
          onClick=${() => reading || more()}>${action}</button>`}
    </section>`;
}

function Part({ title, shows, ...about }) {
  if (shows.length === 0) return null;
  return html`
    <h2>${title}</h2>
    <ul>${shows.map((show) => html`<${Show} key=${show.id} show=${show} ...${about} />`)}</ul>`;
}

function Show({ show, isStaff, token, again }) {
  const { title, status, starts_at_ms } = show;
  return html`
    <li class=${isOver(show) ? "show over" : "show"}>
      <${Cover} show=${show} width=${COVER_PX} />
      <div class="show-words">
        <a class="title" href=${watchPath(show)}><bdi>${title}</bdi></a>
        <span class="note"><${Status} status=${status} /> ${" "}
          ${starts_at_ms !== null && html`<bdi>${dayAndTime(starts_at_ms)}</bdi>`}</span>
      </div>
      ${isStaff && html`
        <div class="show-buttons">
          <${ConsoleLink} show=${show} />
          ${!isOver(show) && html`<${Share} show=${show} />`}
          ${token !== null && html`<${Slot} place="show" session=${show} token=${token}
            again=${again} />`}
        </div>`}
    </li>`;
}
