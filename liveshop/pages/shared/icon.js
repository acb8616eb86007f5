/** Icons as lines, drawn here so that no font has to have them; never the only sign. */

import { html } from "./html.js";

const PATHS = {
  bag: "M5 8h14l-1 12H6L5 8Zm4 3V7a3 3 0 0 1 6 0v4",
  cart: "M3 4h3l2 11h10l2-8H7m2 13h.01m7.99 0h.01",
  shelf: "M4 5h7v6H4V5Zm9 0h7v6h-7V5ZM4 13h7v6H4v-6Zm9 0h7v6h-7v-6Z",
  heart: "M12 20S4 15 4 9.2A4.2 4.2 0 0 1 12 7a4.2 4.2 0 0 1 8 2.2C20 15 12 20 12 20Z",
  eye: "M2 12s4-6 10-6 10 6 10 6-4 6-10 6S2 12 2 12Zm10 3a3 3 0 1 0 0-6 3 3 0 0 0 0 6Z",
  send: "M4 12 20 5l-5 15-4-6-7-2Zm7 2 9-9",
  close: "M6 6l12 12M18 6 6 18",
  receipt: "M6 3h12v18l-3-2-3 2-3-2-3 2V3Zm3 9 2 2 4-5",
  bolt: "M13 3 5 14h6l-1 7 8-11h-6l1-7Z",
  star: "M12 3l2.7 5.7 6.3.8-4.6 4.3 1.2 6.2-5.6-3.1L6.4 20l1.2-6.2L3 9.5l6.3-.8L12 3Z",
  shield: "M12 3l8 3v5c0 5-3 8-8 10-5-2-8-5-8-10V6l8-3Z",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5l3 2",
  calendar: "M4 6h16v14H4V6Zm0 5h16M8 3v4m8-4v4",
  down: "M6 9l6 6 6-6",
  back: "M15 6l-6 6 6 6",
  next: "M9 6l6 6-6 6",
  share: "M6 18 18 6m-9 0h9v9",
  loud: "M4 9v6h4l5 4V5L8 9H4Zm12 0a4 4 0 0 1 0 6m2.5-9a8 8 0 0 1 0 12",
  mute: "M4 9v6h4l5 4V5L8 9H4Zm12.5 0 5 6m0-6-5 6",
  add_bag: "M5 8h14l-1 12H6L5 8Zm7 3v6m-3-3h6",
  check: "M5 12.5 10 17.5 19 7",
  globe: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18ZM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18",
};

/** `name` is one of PATHS; `filled` for a sign that is on. */
export function Icon({ name, filled = false }) {
  return html`
    <svg class=${filled ? "icon filled" : "icon"} viewBox="0 0 24 24" aria-hidden="true">
      <path d=${PATHS[name]} /></svg>`;
}
