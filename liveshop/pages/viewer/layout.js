/** How the page is laid out; parts without a place in a layout are not drawn in it. */

import { useEffect, useState } from "../shared/html.js";

const WIDE = matchMedia("(min-width: 820px) and (min-height: 520px)");
const FLAT = matchMedia("(max-height: 519px) and (orientation: landscape)");

const layoutNow = () => (WIDE.matches ? "wide" : FLAT.matches ? "flat" : "phone");

/**
 * Return "phone", where all lies over the video; "flat", a phone on its side, with the card next to
 * the video; or "wide", where the chat and the products have a column of their own, too.
 */
export function useLayout() {
  const [layout, setLayout] = useState(layoutNow);
  useEffect(() => {
    const follow = () => setLayout(layoutNow());
    for (const query of [WIDE, FLAT]) query.addEventListener("change", follow);
    follow();
    return () => {
      for (const query of [WIDE, FLAT]) query.removeEventListener("change", follow);
    };
  }, []);
  return layout;
}
