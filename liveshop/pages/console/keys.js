/** The keys: never while someone types, presses a button with them, or a form is open. */

import { useDesk } from "../shared/desk.js";
import { useEffect } from "../shared/html.js";
import { useSlot } from "../shared/slots.js";
import { nextProduct, pinNext, unpinLast } from "./show.js";

const TYPED = "input, textarea, select, [contenteditable]";
const PRESSED = "button, a, summary, [role=option]";

const focusSearch = () => document.getElementById("run-search")?.focus();

/** The product that S and E are about: the one pinned last, else the chosen one, else the next. */
function current(desk) {
  const { session } = desk.shop.state;
  const id = session.pinned.at(-1) ?? desk.state.selected ?? nextProduct(session)?.product_id;
  return session.shelf.find((product) => product.product_id === id) ?? null;
}

function sale(desk) {
  const product = current(desk);
  const { session } = desk.shop.state;
  const on = session.sales.some((s) => s.product_id === product?.product_id);
  if (product && !on) desk.open("sale", { product });
}

function endSale(desk) {
  const { sales, pinned } = desk.shop.state.session;
  const running = sales.find((s) => s.product_id === pinned.at(-1)) ?? sales[0];
  if (running) desk.run({ type: "sale.end", product_id: running.product_id });
}

// Those that give a command name it in `does`. A feature's have the same fields.
const KEYS = [
  { shown: "⏎", key: "console.help.pin_next", press: "Enter", does: "product.pin", act: pinNext },
  { shown: "U", key: "console.help.unpin", press: "u", does: "product.unpin", act: unpinLast },
  { shown: "S", key: "console.help.sale", press: "s", does: "sale.start", act: sale },
  { shown: "E", key: "console.help.end_sale", press: "e", does: "sale.end", act: endSale },
  { shown: "/", key: "console.help.search", press: "/", act: focusSearch },
  { shown: "?", key: "console.help.help", press: "?", act: (desk) => desk.open("help") },
];

/** Return the keys of those who work at the desk, as the help sheet lists them. */
export function useKeyList() {
  const desk = useDesk();
  return [...KEYS, ...useSlot("key")].filter(({ does }) => !does || desk.isFor(does));
}

/** Return what a key does now for those who work at the desk, or undefined. */
function actionOf(name, desk) {
  const key = [...KEYS, ...desk.slots.in("key")].find(({ press }) => press === name);
  return key && (!key.does || desk.may(key.does)) ? key.act : undefined;
}

export function useKeys() {
  const desk = useDesk();
  useEffect(() => {
    const press = (event) => {
      const { key, target, repeat } = event;
      if (event.ctrlKey || event.metaKey || event.altKey || repeat) return;
      if (desk.state.dialog || !desk.shop.state.session || !desk.isModerator) return;
      if (target.closest?.(TYPED) || (key === "Enter" && target.closest?.(PRESSED))) return;
      const name = key.length === 1 ? key.toLowerCase() : key;
      const act = actionOf(name, desk);
      if (!act || desk.shop.state.session.status === "ended") return;
      event.preventDefault();
      act(desk);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, [desk]);
}
