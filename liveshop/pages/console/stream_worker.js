/**
 * Reads a stream's playlist over and over while the console runs: the page with the host's token
 * may reach only its own server, and this may reach the stream, but has no token.
 */

import { readPlaylist } from "./playlist.js";

const EVERY_MS = 4_000;

async function look(address) {
  try {
    postMessage(await readPlaylist(address));
  } catch (fault) {
    postMessage({ fault: String(fault) });
  }
  setTimeout(() => look(address), EVERY_MS);
}

addEventListener("message", ({ data }) => look(data), { once: true });
