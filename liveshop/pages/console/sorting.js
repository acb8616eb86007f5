/** Moving the rows of a list with a finger or a mouse; the keyboard has its own way. */

import { useRef, useState } from "../shared/html.js";

/** The row of `list` that an instant's height is on, as a place to move to. */
function placeAt(list, y) {
  const rows = [...list.children];
  const found = rows.findIndex((row) => {
    const { top, height } = row.getBoundingClientRect();
    return y < top + height / 2;
  });
  return found === -1 ? rows.length : found;
}

/**
 * Returns what the handle of a row needs, and the class of a row while one is being moved;
 * `move(from, to)` is called when it is let go somewhere else.
 */
export function useSorting(list, count, move) {
  const [dragged, setDragged] = useState(null); // {from, gap}: a row, and before which it goes
  const latest = useRef(null);
  latest.current = dragged;
  const handle = (from) => ({
    onPointerDown: (event) => {
      event.currentTarget.setPointerCapture(event.pointerId);
      setDragged({ from, gap: from });
    },
    onPointerMove: (event) => {
      if (latest.current === null) return;
      setDragged({ from, gap: placeAt(list.current, event.clientY) });
    },
    onPointerUp: () => {
      const { gap } = latest.current ?? { gap: from };
      setDragged(null);
      const to = Math.min(gap > from ? gap - 1 : gap, count - 1);
      if (to !== from) move(from, to);
    },
    onPointerCancel: () => setDragged(null),
  });
  const mark = (index) => {
    if (dragged === null) return "";
    if (index === dragged.from) return "dragged";
    if (index === dragged.gap) return "gap-before";
    return index === count - 1 && dragged.gap === count ? "gap-after" : "";
  };
  return { handle, mark };
}
