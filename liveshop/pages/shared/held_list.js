/** A list that stands still while it is scrolled or pointed at, and says how much is new. */

import { html, useEffect, useLayoutEffect, useRef, useState } from "./html.js";
import { t } from "./i18n.js";

const AT_EDGE_PX = 24;
const TOUCH_MS = 2_000; // after the last touch, or movement of the mouse

const one = () => 1;
const asItIs = (was, now) => now;

/**
 * Shows `items` (with an id each) by `row`. `newest` is "first" or "last": at which end new ones
 * come, and where the list has to be for them to be shown at once. While it stands still an item is
 * drawn as `renew(was, now)`, and `sizeOf` says how much of it is counted as new.
 */
export function HeldList({
  items, idOf, row, newest, label, empty, sizeOf = one, renew = asItIs,
}) {
  const box = useRef(null);
  const [held, setHeld] = useState(null); // the items at which the list stands still
  const touched = useRef(0);
  const shown = held === null ? items : refreshed(held, items, idOf, renew);
  const atEdge = () => {
    if (box.current === null) return true; // a last event of a list that has gone
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    const away = newest === "first" ? scrollTop : scrollHeight - clientHeight - scrollTop;
    return away < AT_EDGE_PX;
  };
  const hold = () => setHeld((now) => now ?? items);
  const letGo = () => setHeld(null);
  const look = () => (atEdge() && performance.now() > touched.current ? letGo() : hold());
  const touch = () => {
    touched.current = performance.now() + TOUCH_MS;
    hold();
  };
  useEffect(() => {
    const timer = setInterval(() => {
      if (performance.now() > touched.current && atEdge()) letGo();
    }, 500);
    return () => clearInterval(timer);
  }, []);
  useLayoutEffect(() => {
    if (held === null) box.current.scrollTop = newest === "first" ? 0 : box.current.scrollHeight;
  });
  const fresh = sum(items, sizeOf) - sum(shown, sizeOf);
  return html`
    <div class="held">
      <ul ref=${box} class="held-list" tabindex="0" aria-label=${label} onScroll=${look}
        onPointerDown=${touch} onPointerMove=${touch} onPointerLeave=${look}>
        ${shown.map((item) => html`<li key=${idOf(item)}>${row(item)}</li>`)}
        ${shown.length === 0 && html`<li class="empty">${empty}</li>`}
      </ul>
      ${fresh > 0 && html`
        <button type="button" class="primary pill fresh" onClick=${letGo}>
          ${t("console.n_new", { n: fresh })}</button>`}
    </div>`;
}

const sum = (items, sizeOf) => items.reduce((total, item) => total + sizeOf(item), 0);

/** The items that stand still, as they are now; those that are gone go. */
function refreshed(held, items, idOf, renew) {
  const now = new Map(items.map((item) => [idOf(item), item]));
  return held.filter((item) => now.has(idOf(item)))
    .map((item) => renew(item, now.get(idOf(item))));
}
