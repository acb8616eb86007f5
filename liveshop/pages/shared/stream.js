/** Where the video comes from. */

/** Return true if an address is that of an HLS playlist. */
export function isPlaylist(address) {
  return new URL(address, location.href).pathname.endsWith(".m3u8");
}
