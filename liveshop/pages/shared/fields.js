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

/** Move by the arrow keys between the rows of a table of inputs, in the same column. */
export function walkRows(event) {
  const cell = event.target.closest("td");
  const to = { ArrowUp: "previousElementSibling", ArrowDown: "nextElementSibling" }[event.key];
  const input = to && cell?.parentElement[to]?.cells[cell.cellIndex]?.querySelector("input");
  if (!input) return;
  event.preventDefault(); // a number would count up or down
  input.focus();
  input.select();
}
