/** The keys: never while someone types, presses a button with them, or a form is open. */

import { useDesk } from "../shared/desk.js";
import { useLayoutEffect } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { PALETTE, actionOf } from "./commands.js";
import { pinAdded, pinOnly } from "./pins.js";
import { endSale, endable } from "./sales.js";

const TYPED = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const PRESSED = "button, a, summary, [role=option]";
const DIGITS_MAX = 4;
const DIGITS_MS = 5_000;
const HOLD_MS = 800;

/**
 * Name a key: "s", "Shift+s", "Enter", "?", "Mod+k". On a keyboard of other letters the place of
 * the key counts.
 */
function nameOf({ key, code, shiftKey, ctrlKey, metaKey }) {
  const place = /^Key([A-Z])$/.exec(code)?.[1];
  const letter = /^[a-z]$/i.test(key) ? key : key.length === 1 ? place : undefined;
  const name = letter?.toLowerCase() ?? key;
  if (ctrlKey || metaKey) return `Mod+${name}`;
  return shiftKey && (letter || key === "Enter") ? `Shift+${name}` : name;
}

/** Digits that are typed before ⏎: the number of a product, for a few seconds. */
class Digits {
  #timer = 0;

  constructor(desk) {
    this.desk = desk;
  }

  put(text) {
    clearTimeout(this.#timer);
    if (text !== this.desk.state.typed) this.desk.change({ typed: text });
    if (text !== "") this.#timer = setTimeout(() => this.put(""), DIGITS_MS);
  }

  add(digit) {
    this.put(`${this.desk.state.typed}${digit}`.slice(-DIGITS_MAX));
  }

  /** Pin the product of the number, if one is typed; returns whether one was. */
  enter(pin) {
    const { typed } = this.desk.state;
    if (typed === "") return false;
    this.put("");
    const product = productOfNumber(this.desk.shop.state.session, typed);
    if (product) pin(this.desk, product);
    else this.desk.say(t("console.no_number", { number: typed }), { problem: true });
    return true;
  }
}

/** The product of a number as it was typed, or undefined. */
export const productOfNumber = ({ shelf }, typed) =>
  shelf.find(({ number }) => number === Number(typed));

/** E is held to end the sale of what is on air: an end cannot slip out, and is seen to come. */
class Hold {
  #timer = 0;

  constructor(desk) {
    this.desk = desk;
  }

  begin() {
    const product = endable(this.desk);
    if (product === null || this.#timer !== 0) return;
    this.desk.change({ ending: product.product_id });
    this.#timer = setTimeout(() => {
      this.#stop();
      endSale(this.desk, product);
    }, HOLD_MS);
  }

  letGo() {
    if (this.#timer === 0) return;
    this.#stop();
    this.desk.say(t("console.hold_longer"));
  }

  #stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
    this.desk.change({ ending: null });
  }
}

/**
 * Whether a key is for the desk. ⏎ presses the button that has the focus, unless a click has left
 * the focus there, or a number was typed: then it is what comes next that is meant.
 */
function isMeant({ target, altKey }, name, desk, byPointer) {
  if (altKey || desk.state.dialog || !desk.shop.state.session || !desk.isModerator) return false;
  if (desk.shop.state.session.status === "ended") return false;
  if (name === PALETTE) return true;
  if (name.startsWith("Mod+") || target.closest?.(TYPED)) return false;
  const presses = name.endsWith("Enter") && target.closest?.(PRESSED);
  return !presses || byPointer || desk.state.typed !== "";
}

/** Return what a key does, or undefined. */
function meaning(name, desk, digits, hold) {
  const pin = name === "Shift+Enter" ? pinAdded : pinOnly;
  if (name.endsWith("Enter") && desk.state.typed !== "") return () => digits.enter(pin);
  if (/^\d$/.test(name) && desk.may("product.pin")) return () => digits.add(name);
  if (name === "Escape" && desk.state.typed !== "") return () => digits.put("");
  if (name === "e" && desk.may("sale.end")) return () => hold.begin();
  const act = actionOf(desk, name);
  return act && (() => {
    digits.put("");
    act(desk);
  });
}

export function useKeys() {
  const desk = useDesk();
  // Before the page is seen: a key that is pressed at once counts.
  useLayoutEffect(() => {
    const [digits, hold] = [new Digits(desk), new Hold(desk)];
    let byPointer = false; // how the focus came where it is
    const point = () => {
      byPointer = true;
    };
    const press = (event) => {
      const name = nameOf(event);
      if (event.key === "Tab") byPointer = false;
      if (event.repeat || !isMeant(event, name, desk, byPointer)) return;
      const act = meaning(name, desk, digits, hold);
      if (!act) return;
      event.preventDefault();
      act();
    };
    const letGo = (event) => /^(?:\w+\+)?e$/.test(nameOf(event)) && hold.letGo();
    const away = () => hold.letGo();
    addEventListener("pointerdown", point, true);
    addEventListener("keydown", press);
    addEventListener("keyup", letGo);
    addEventListener("blur", away);
    return () => {
      removeEventListener("pointerdown", point, true);
      removeEventListener("keydown", press);
      removeEventListener("keyup", letGo);
      removeEventListener("blur", away);
      digits.put("");
      hold.letGo();
    };
  }, [desk]);
}
