/** Focus stays where one works: what goes away under it hands it to its neighbour. */

import { useEffect } from "../shared/html.js";

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

/** Without this, the keyboard would begin at the top of the page after each action. */
export function useKeptFocus() {
  useEffect(() => {
    let trail = []; // {element, path} of what had the focus, the newest first
    const note = ({ target: element }) => {
      trail = [{ element, path: within(element) }, ...trail].slice(0, TRAIL);
    };
    const look = () => {
      const [last, ...before] = trail;
      if (document.activeElement !== document.body || !last || isSeen(last.element)) return;
      const neighbour = last.path.filter(isSeen).map(firstIn).find(Boolean);
      const earlier = before.map(({ element }) => element).find(isSeen);
      (neighbour ?? earlier)?.focus({ preventScroll: true });
    };
    // The parts of the page draw one after the other; once all have, the neighbour is there.
    const watch = new MutationObserver(() => requestAnimationFrame(look));
    watch.observe(document.getElementById("console"), { childList: true, subtree: true });
    addEventListener("focusin", note);
    return () => {
      watch.disconnect();
      removeEventListener("focusin", note);
    };
  }, []);
}
