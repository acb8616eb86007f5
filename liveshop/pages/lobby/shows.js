/** The list of shows: on air, then planned, then over; more of them on asking. */

import { askJson } from "../shared/api.js";
import { html, useEffect, useState } from "../shared/html.js";
import { dayAndTime, t } from "../shared/i18n.js";
import { Slot } from "../shared/slots.js";
import { statusWord } from "../shared/words.js";
import { reason } from "./reason.js";

const PAGE = 200;
const ORDER = ["live", "paused", "scheduled", "draft", "ended"];

/** By status; of the scheduled ones the next first, of all others the newest. */
function sorted(sessions) {
  const starts = ({ status, starts_at_ms }) => status === "scheduled" ? starts_at_ms : 0;
  return [...sessions].sort((a, b) =>
    ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || starts(a) - starts(b));
}

/** Read a page of the list; a token that is refused leaves what everybody may see. */
async function readPage(path, token) {
  try {
    return { page: await askJson("GET", path, { token }), refused: "" };
  } catch (refusal) {
    if (token === null || refusal.code !== "unauthorized") throw refusal;
    const refused = t("lobby.listed_for_all", { reason: reason(refusal) });
    return { page: await askJson("GET", path), refused };
  }
}

/**
 * `say` tells what went wrong, or "" when it is over; the staff has links to the consoles, and
 * whoever may plan gets what features add to a show.
 */
export function Shows({ token, isStaff, mayPlan, say }) {
  const [sessions, setSessions] = useState(null); // those read so far, the newest first
  const [next, setNext] = useState(null); // where the older ones go on
  const [reading, setReading] = useState(true);
  const read = async () => {
    setReading(true);
    const from = next === null ? {} : { after: next };
    const query = new URLSearchParams({ limit: PAGE, ...from });
    try {
      const { page, refused } = await readPage(`/api/sessions?${query}`, token);
      setSessions((known) => [...known ?? [], ...page.sessions]);
      setNext(page.next);
      say(refused);
    } catch (refusal) {
      say(t("lobby.unlisted", { reason: reason(refusal) }));
    }
    setReading(false);
  };
  useEffect(() => {
    read();
  }, []);
  const action = sessions === null ? t("lobby.again") : t("lobby.more");
  return html`
    <section class="panel" aria-label=${t("lobby.shows")} aria-busy=${reading}>
      <h2>${t("lobby.shows")}</h2>
      ${sessions === null && reading && html`<p class="note">${t("lobby.reading")}</p>`}
      ${sessions?.length === 0 && html`<p>${t("lobby.empty")}</p>`}
      ${sessions?.length > 0 && html`
        <ul>${sorted(sessions).map((s) => html`
          <${Show} key=${s.id} session=${s} isStaff=${isStaff} token=${mayPlan ? token : null} />`)}
        </ul>`}
      ${(next !== null || (sessions === null && !reading)) && html`
        <button type="button" disabled=${reading} onClick=${read}>${action}</button>`}
    </section>`;
}

function Show({ session, isStaff, token }) {
  const { id, title, status, starts_at_ms } = session;
  const path = encodeURIComponent(id);
  return html`
    <li class="show">
      <span class="pill status ${status}">${statusWord(status)}</span>${" "}
      <a class="title" href=${`/watch/${path}`}><bdi>${title}</bdi></a>
      <span class="note">${starts_at_ms !== null && dayAndTime(starts_at_ms)}</span>
      ${isStaff && html`
        <a class="host" href=${`/host/${path}`} aria-label=${t("lobby.host_show", { title })}>
          ${t("lobby.host")}</a>`}
      ${token !== null && html`<${Slot} place="show" session=${session} token=${token} />`}
    </li>`;
}
