/** The shows as they are read from the server, and in which order they stand. */

import { askJson } from "../shared/api.js";
import { useEffect, useState } from "../shared/html.js";
import { learnCurrency, t } from "../shared/i18n.js";
import { reason } from "./reason.js";

const PAGE = 200;
const LOOK_EVERY_MS = 15_000;
const OVERDUE_MS = 3 * 3_600_000; // a planned show is the next one for so long after its start
const ORDER = ["live", "paused", "scheduled", "draft", "ended"];

export const isOn = ({ status }) => status === "live" || status === "paused";
export const isOver = ({ status }) => status === "ended";

/** By status; of the scheduled ones the next first, of all others the newest. */
function sorted(sessions) {
  const starts = ({ status, starts_at_ms }) => status === "scheduled" ? starts_at_ms : 0;
  return [...sessions].sort((a, b) =>
    ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || starts(a) - starts(b));
}

/** Part the shows: the one that is shown large, or null, the others to come, and those over. */
export function parted(sessions, nowMs) {
  const all = sorted(sessions);
  const isNext = (show) =>
    isOn(show) || (show.status === "scheduled" && show.starts_at_ms > nowMs - OVERDUE_MS);
  const next = all.find(isNext) ?? all.find(({ status }) => status === "draft") ?? null;
  const others = all.filter((show) => show !== next);
  return { next, planned: others.filter((show) => !isOver(show)), over: others.filter(isOver) };
}

/** Read something of the list; a token that is refused leaves what everybody may see. */
async function readOpen(path, token) {
  try {
    return { answer: await askJson("GET", path, { token }), refused: "" };
  } catch (refusal) {
    if (token === null || refusal.code !== "unauthorized") throw refusal;
    const refused = t("lobby.listed_for_all", { reason: reason(refusal) });
    return { answer: await askJson("GET", path), refused };
  }
}

/**
 * The shows that were read so far, null before there are any; how far the server's clock is ahead;
 * `more()` reads older ones, or tries again, and is null where there are none; `again()` reads all.
 * `say` tells what went wrong, or "" when it is over.
 */
export function useListing(token, say) {
  const [listing, setListing] = useState({ sessions: null, next: null, aheadMs: 0 });
  const [reading, setReading] = useState(true);
  const read = async (after, known) => {
    setReading(true);
    const query = new URLSearchParams({ limit: PAGE, ...(after !== null && { after }) });
    try {
      const { answer: { sessions, next }, refused } =
        await readOpen(`/api/sessions?${query}`, token);
      sessions.forEach(learnCurrency);
      const aheadMs = sessions.length > 0 ? sessions[0].now_ms - Date.now() : 0;
      setListing({ sessions: [...known, ...sessions], next, aheadMs });
      say(refused);
    } catch (refusal) {
      say(t("lobby.unlisted", { reason: reason(refusal) }));
    }
    setReading(false);
  };
  const again = () => read(null, []);
  useEffect(() => {
    again();
  }, []);
  const { sessions, next } = listing;
  const isMore = next !== null || (sessions === null && !reading);
  return { ...listing, reading, again, more: isMore ? () => read(next, sessions ?? []) : null };
}

/** Look at a show now and then, and call `turned` once its status or start is another. */
export function useTurn(show, token, turned) {
  const { id, status, starts_at_ms } = show ?? {};
  useEffect(() => {
    const look = async () => {
      if (document.hidden) return;
      try {
        const { answer: now } = await readOpen(`/api/sessions/${encodeURIComponent(id)}`, token);
        if (now.status !== status || now.starts_at_ms !== starts_at_ms) turned();
      } catch (refusal) {
        console.info(`the next show: ${refusal.message}`);
      }
    };
    const timer = id === undefined ? 0 : setInterval(look, LOOK_EVERY_MS);
    return () => clearInterval(timer);
  }, [id, status, starts_at_ms]);
}
