/** The progress of a stream, read from its HLS playlist. */

const WAIT_MS_MAX = 8_000;

/** The address of the first variant of a playlist of playlists; null for one of pieces. */
function variantOf(text) {
  const lines = text.replaceAll("\r", "").split("\n");
  const at = lines.findIndex((line) => line.startsWith("#EXT-X-STREAM-INF:"));
  if (at < 0) return null;
  return lines.slice(at + 1).find((line) => line !== "" && !line.startsWith("#")) ?? null;
}

/**
 * Return `endMs`, when the newest picture was taken, null if the playlist tells no dates; `mark`,
 * which changes as it grows; `pieceMs`, how long its pieces are at most; `isOver`, for recordings.
 */
function parsePlaylist(text) {
  let endMs = null;
  let pieces = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)/m.exec(text)?.[1] ?? 0);
  for (const [, tag, value] of text.matchAll(/^#(EXT-X-PROGRAM-DATE-TIME|EXTINF):([^,\s]+)/gm)) {
    if (tag === "EXTINF") {
      pieces += 1;
      if (endMs !== null) endMs += Number(value) * 1000;
    } else {
      endMs = Date.parse(value);
    }
  }
  const pieceMs = Number(/^#EXT-X-TARGETDURATION:(\d+)/m.exec(text)?.[1] ?? 6) * 1000;
  return { endMs, mark: pieces, pieceMs, isOver: text.includes("#EXT-X-ENDLIST") };
}

/** Fetch a playlist, or the first variant that it names, and return what it says. */
export async function readPlaylist(address, { isVariant = false } = {}) {
  const signal = AbortSignal.timeout(WAIT_MS_MAX);
  const answer = await fetch(address, { cache: "no-store", credentials: "omit", signal });
  if (!answer.ok) throw new Error(`${address}: ${answer.status}`);
  const text = await answer.text();
  const variant = isVariant ? null : variantOf(text);
  if (variant === null) return parsePlaylist(text);
  return readPlaylist(new URL(variant, answer.url).href, { isVariant: true });
}
