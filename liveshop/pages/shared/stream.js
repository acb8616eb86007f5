/** Where the video comes from. */

/** Tell whether an address is that of an HLS playlist. */
export function isPlaylist(address) {
  return new URL(address, location.href).pathname.endsWith(".m3u8");
}
