/** All that can be done with one key or by its name, for the keys, their sheet and the palette. */

import { useDesk } from "../shared/desk.js";
import { useSlot } from "../shared/slots.js";
import { pinAdded, pinBack, pinNext, pinOnly, unpinLast } from "./pins.js";
import { askCurrent, endCurrent, startCurrent } from "./sales.js";
import { current } from "./show.js";
import { toggleSound } from "./sound.js";

const focusSearch = (desk) => {
  const focus = () => document.getElementById("run-search")?.focus();
  focus(); // at once: the next key is meant for it, and would be a command
  desk.change({ tab: "products" });
  requestAnimationFrame(focus); // where its tab was closed
};
const togglePreview = (desk) => desk.change({ preview: !desk.state.preview });
const opens = (kind) => (desk) => desk.open(kind);
const about = (kind) => (desk) => {
  const product = current(desk);
  if (product) desk.open(kind, { product });
};
const turn = (type) => (desk) => desk.run({ type });

export const PALETTE = "Mod+k";

/**
 * `press` is the key as `keys.js` names it, `shown` how it stands on a button; without them a
 * command is only in the palette. `does` is the command of the server that it gives, if it gives
 * one; `forHosts` that another one is none of a moderator's. A feature's have the same fields. E
 * and the digits take more than a press: `keys.js` has what they do, and of them nothing is in the
 * palette.
 */
const COMMANDS = [
  { shown: "⏎", key: "console.help.pin_next", press: "Enter", does: "product.pin",
    act: (desk) => pinNext(desk) },
  { shown: "1 2 ⏎", key: "console.help.pin_number", does: "product.pin" },
  { shown: "⇧⏎", key: "console.help.pin_added", press: "Shift+Enter", does: "product.pin",
    act: (desk) => pinNext(desk, pinAdded) },
  { shown: "U", key: "console.help.unpin", press: "u", does: "product.unpin", act: unpinLast },
  { shown: "B", key: "console.help.back", press: "b", does: "product.pin", act: pinBack },
  { shown: "S", key: "console.help.sale", press: "s", does: "sale.start", act: startCurrent },
  { shown: "⇧S", key: "console.help.sale_form", press: "Shift+s", does: "sale.start",
    act: askCurrent },
  { shown: "E", key: "console.help.end_sale", does: "sale.end" },
  { shown: "+", key: "console.help.restock", press: "+", does: "stock.add", act: about("restock") },
  { shown: "P", key: "console.help.price", press: "p", does: "product.reprice",
    act: about("price") },
  { shown: "Z", key: "console.help.undo", press: "z", act: (desk) => desk.undo() },
  { shown: "H", key: "console.pause", press: "h", does: "session.pause",
    act: turn("session.pause") },
  { shown: "H", key: "console.resume", press: "h", does: "session.resume",
    act: turn("session.resume") },
  { shown: "V", key: "console.help.preview", press: "v", act: togglePreview },
  { shown: "N", key: "console.help.note", press: "n", forHosts: true, act: about("note") },
  { shown: "M", key: "console.help.sound", press: "m", forHosts: true, act: toggleSound },
  { shown: "/", key: "console.help.search", press: "/", act: focusSearch },
  { shown: "?", key: "console.help.title", press: "?", act: opens("help") },
  { shown: "⌘K", key: "console.help.palette", press: PALETTE, act: opens("palette") },
  { key: "console.end_sale", does: "sale.end", act: endCurrent },
  { key: "console.add", does: "product.add", act: opens("add") },
  { key: "console.edit_show", does: "session.update", act: opens("edit") },
  { key: "console.share_title", act: opens("share") },
  { key: "console.end", does: "session.end", act: opens("end") },
];

/** Return the commands with a key of those who work at the desk, as the help sheet lists them. */
export function useKeyList() {
  const desk = useDesk();
  return [...COMMANDS, ...useSlot("key")]
    .filter(({ shown, does, forHosts }) =>
      shown && (!does || desk.isFor(does)) && (!forHosts || desk.isHost));
}

const all = (desk) => [...COMMANDS, ...desk.slots.in("key")];
const fits = (desk) => ({ does, forHosts }) =>
  (!does || desk.may(does)) && (!forHosts || desk.isHost);

/** Return what a key does now for those who work at the desk, or undefined. */
export function actionOf(desk, name) {
  return all(desk).filter(({ press }) => press === name).find(fits(desk))?.act;
}

/** Return all that can be done now, for the palette: commands, and each product by its number. */
export function possible(desk) {
  const { shelf } = desk.shop.state.session;
  const commands = all(desk).filter(({ act, press, ...rest }) =>
    act && press !== PALETTE && fits(desk)(rest));
  const products = !desk.may("product.pin") ? [] : shelf.map((product) => ({
    product, act: (at) => pinOnly(at, product) }));
  return [...commands, ...products];
}
