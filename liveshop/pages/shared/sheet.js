/** A sheet over the page: a modal dialog that a swipe, Escape, or a tap outside it closes. */

import { html, useEffect, useId, useLayoutEffect, useRef, useState } from "./html.js";
import { t } from "./i18n.js";
import { Icon } from "./icon.js";

const SWIPE_PX = 72;
const PLACE = "sheet";

/**
 * Which sheet is open, as `[name, open, close]`: the browser's back closes it, since an open sheet
 * is an entry of the history, and one that was open is open again after a reload.
 */
export function useSheet() {
  const [name, setName] = useState(() => history.state?.[PLACE] ?? null);
  const opener = useRef(null);
  useLayoutEffect(() => {
    const follow = (event) => setName(event.state?.[PLACE] ?? null);
    addEventListener("popstate", follow);
    return () => removeEventListener("popstate", follow);
  }, []);
  useEffect(() => {
    if (name !== null || opener.current === null) return;
    // From sheet to sheet a browser loses the way back; and what opened the first may have gone.
    const isThere = opener.current.isConnected;
    (isThere ? opener.current : document.querySelector("main"))?.focus();
  }, [name]);
  const open = (next) => {
    if (name === null) opener.current = document.activeElement;
    const method = history.state?.[PLACE] ? "replaceState" : "pushState";
    history[method]({ [PLACE]: next }, "");
    setName(next);
  };
  const close = () => {
    if (history.state?.[PLACE]) history.back();
    else setName(null);
  };
  return [name, open, close];
}

/** Follow a finger that pulls the sheet's head down; call `onClose` when it went far enough. */
function useSwipe(sheet, onClose) {
  const from = useRef(null);
  const move = (px) => {
    sheet.current.style.transform = px > 0 ? `translateY(${px}px)` : "";
  };
  return {
    onPointerDown: (event) => {
      if (event.target.closest("button")) return;
      from.current = event.clientY;
      event.currentTarget.setPointerCapture(event.pointerId);
    },
    onPointerMove: (event) => from.current !== null && move(event.clientY - from.current),
    onPointerUp: (event) => {
      const far = from.current !== null && event.clientY - from.current > SWIPE_PX;
      from.current = null;
      move(0);
      if (far) onClose();
    },
    onPointerCancel: () => {
      from.current = null;
      move(0);
    },
  };
}

export function Sheet({ title, onClose, children }) {
  const sheet = useRef(null);
  const titleId = useId();
  const swipe = useSwipe(sheet, onClose);
  const latest = useRef(onClose);
  latest.current = onClose;
  useLayoutEffect(() => {
    const dialog = sheet.current;
    // A browser closes a dialog without asking when nobody has touched the page since it opened.
    const closed = () => latest.current();
    dialog.addEventListener("close", closed);
    dialog.showModal();
    return () => {
      dialog.removeEventListener("close", closed);
      dialog.close();
    };
  }, []);
  const cancel = (event) => {
    event.preventDefault();
    onClose();
  };
  const beside = (event) => event.target === sheet.current && onClose();
  return html`
    <dialog class="sheet" ref=${sheet} aria-labelledby=${titleId} onCancel=${cancel}
      onClick=${beside}>
      <header class="sheet-head" ...${swipe}>
        <h2 id=${titleId}>${title}</h2>
        <button type="button" class="quiet" aria-label=${t("sheet.close")} onClick=${onClose}>
          <${Icon} name="close" /></button>
      </header>
      <div class="sheet-body">${children}</div>
    </dialog>`;
}
