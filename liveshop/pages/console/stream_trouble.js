/** How the show's video fares: on time, late, standing still, or not to be had at all. */

import { useDesk } from "../shared/desk.js";
import { useEffect, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShop, useShopState } from "../shared/shop.js";
import { isPlaylist } from "../shared/stream.js";
import { readPlaylist } from "./playlist.js";

const EVERY_MS = 4_000;
const LATE_MS = 20_000;
const STILL_MS_MIN = 8_000;
const STILL_PIECES = 3;
const FAULTS = 2; // one may be an accident

/** Return what says of each reading what is wrong, "late", "still" or "gone", or null. */
function judge(shop) {
  let faults = 0;
  let mark = null;
  let grewAt = 0;
  return (read) => {
    faults = read.fault ? faults + 1 : 0;
    if (read.fault) return faults >= FAULTS ? { kind: "gone" } : null;
    const now = performance.now();
    if (read.mark !== mark) [mark, grewAt] = [read.mark, now];
    if (read.isOver) return null;
    const patience = Math.max(STILL_PIECES * read.pieceMs, STILL_MS_MIN);
    if (now - grewAt > patience) return { kind: "still" };
    const behindMs = read.endMs === null ? 0 : shop.now() - read.endMs;
    return behindMs > LATE_MS ? { kind: "late", n: Math.round(behindMs / 1000) } : null;
  };
}

/** Return what is wrong with the video while the show is on, in a sentence; or null. */
export function useStreamTrouble() {
  const desk = useDesk();
  const shop = useShop();
  const address = useShopState(({ session }) => session?.stream_url ?? null);
  const isOn = useShopState(({ session }) => session?.status === "live");
  const watched = isOn && !desk.rehearsal && address !== null && isPlaylist(address);
  const [trouble, setTrouble] = useState(null);
  useEffect(() => {
    if (!watched) return;
    const judged = judge(shop);
    let timer = 0;
    let stopped = false;
    const look = async () => {
      const read = await readPlaylist(address).catch((fault) => ({ fault: String(fault) }));
      if (stopped) return;
      setTrouble(judged(read));
      timer = setTimeout(look, EVERY_MS);
    };
    look();
    return () => {
      stopped = true;
      clearTimeout(timer);
      setTrouble(null);
    };
  }, [watched, address]);
  switch (trouble?.kind) {
    case "late": return t("console.stream_late", { n: trouble.n });
    case "still": return t("console.stream_still");
    case "gone": return t("console.stream_gone");
    default: return null;
  }
}
