/** Fields of numbers and amounts, and what was typed into them. */

import { Field } from "./field.js";
import { html } from "./html.js";
import { parseMoney, t } from "./i18n.js";

/** A labelled input of a whole number. */
export function NumberField(props) {
  return html`<${Field} type="number" inputmode="numeric" step="1" ...${props} />`;
}

/** Read a whole number; empty is null. */
export function whole(text) {
  return text === "" ? null : Number.parseInt(text, 10);
}

/** Read an amount, or throw what to say to who typed it. */
export function amount(text, currency) {
  const read = parseMoney(text, currency);
  if (read === null) throw new Error(t("console.not_a_price", { text, currency }));
  return read;
}
