/** Focus stays where one works: what goes away under it hands it to its neighbour. */

import { useLayoutEffect } from "../shared/html.js";

// Never what ends something: the next key would press it.
const FOCUSABLE = "button:not(.danger), a[href], input, select, textarea, summary, [tabindex='0']";
const REGION = "[data-part], header, nav, dialog, .notice-place";
const TRAIL = 8;

const isSeen = (element) => element.isConnected && element.checkVisibility();

/** The elements that an element lies in, up to its region. */
function within(element) {
  const path = [];
  for (let each = element.parentElement; each; each = each.parentElement) {
    path.push(each);
    if (each.matches(REGION)) break;
  }
  return path;
}

const firstIn = (place) => [...place.querySelectorAll(FOCUSABLE)].find(isSeen);

const newestFirst = (trail, element) =>
  [{ element, path: within(element) }, ...trail].slice(0, TRAIL);

const movedBy = (records, element) => records.some(({ addedNodes }) =>
  [...addedNodes].some((node) => node.contains(element)));

/** Without this, the keyboard would begin at the top of the page after each action. */
export function useKeptFocus() {
  useLayoutEffect(() => {
    let trail = []; // {element, path} of what had the focus, the newest first
    let pending = 0;
    const note = ({ target }) => {
      trail = newestFirst(trail, target);
      pending = cancelAnimationFrame(pending);
    };
    const isLost = () => trail.length > 0 && document.activeElement === document.body
      && !isSeen(trail[0].element);
    const handOn = () => {
      pending = 0;
      if (!isLost()) return;
      const [last, ...before] = trail;
      const neighbour = last.path.filter(isSeen).map(firstIn).find(Boolean);
      const earlier = before.map(({ element }) => element).find(isSeen);
      (neighbour ?? earlier)?.focus({ preventScroll: true });
    };
    const look = (records) => {
      // A row that is moved in the page loses the focus, and is there still.
      const [last] = trail;
      const isMoved = last && document.activeElement === document.body && isSeen(last.element)
        && movedBy(records, last.element);
      if (isMoved) last.element.focus({ preventScroll: true });
      // The parts of the page draw one after the other. In a frame that is asked for now all have,
      // and the neighbour is there; in one that was asked for before the element went, a farther
      // one would get the focus, and keep it.
      if (isLost()) pending ||= requestAnimationFrame(handOn);
    };
    const watch = new MutationObserver(look);
    watch.observe(document.getElementById("console"), { childList: true, subtree: true });
    addEventListener("focusin", note);
    return () => {
      watch.disconnect();
      cancelAnimationFrame(pending);
      removeEventListener("focusin", note);
    };
  }, []);
}
