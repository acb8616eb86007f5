/** The host's forms: add a product, change prices, start a flash sale, end the show. */

import { getJson, pagesOf } from "./api.js";
import { h, render } from "./dom.js";
import { money, parseMoney, plainMoney } from "./words.js";

const dialog = document.getElementById("dialog");
const UNITS_OFFERED = 10;
let lastSale = { percent: "20", seconds: "60", units: "", limit: "", startsIn: "0" };

const field = (label, props) => h("label", {}, label, h("input", props));
const number = (label, name, props) =>
  field(label, { name, type: "number", inputmode: "numeric", ...props });
const labelOf = ({ label, sku }) => label || sku;

/** Open a form; `submit(elements)` throws to stay open and say why. */
function open({ title, fields, action, submit }) {
  const said = h("p", { id: "dialog-said", role: "alert", class: "note" });
  const onsubmit = async (event) => {
    event.preventDefault();
    const button = event.target.querySelector("button.primary");
    button.disabled = true;
    try {
      await submit(event.target.elements);
      dialog.close();
    } catch (problem) {
      document.getElementById("dialog-said").textContent = problem.message;
    } finally {
      button.disabled = false;
    }
  };
  dialog.replaceChildren();
  render(dialog, [
    h("form", { onsubmit },
      h("h2", { id: "dialog-title" }, title), ...fields, said,
      h("div", { class: "buttons" },
        h("button", { type: "button", onclick: () => dialog.close() }, "Not now"),
        h("button", { class: "primary" }, action))),
  ]);
  dialog.showModal();
}

/** What is left of a price, rounded half up in minor units, as the server does. */
function percentOff(price, percent) {
  return Math.floor((price * (100 - percent) + 50) / 100);
}

/** Read a whole number from a field; empty is null. */
function whole(element) {
  return element.value === "" ? null : Number.parseInt(element.value, 10);
}

/** Read the prices that were typed, by SKU; empty ones are left out. */
function typedPrices(elements, variants, currency) {
  const prices = {};
  for (const variant of variants) {
    const { value } = elements[`price-${variant.sku}`];
    if (value.trim() === "") continue;
    prices[variant.sku] = parseMoney(value, currency);
    if (prices[variant.sku] === null) throw new Error(`${value} is not a price in ${currency}.`);
  }
  return prices;
}

/** End the show, the second of two steps. */
export function endShow(shop) {
  open({
    title: "End the show for good?",
    fields: [h("p", {}, "It cannot be started again. What is in carts can still be ordered until "
      + "its time runs out.")],
    action: "End show",
    submit: () => shop.send({ type: "session.end" }),
  });
}

/** Change the shelf prices of one product. */
export function reprice(shop, session, product) {
  const { product_id, title, variants } = product;
  open({
    title: `Price of ${title}`,
    fields: variants.map((v) =>
      field(`Price of ${labelOf(v)} in ${session.currency}`, { name: `price-${v.sku}`,
        inputmode: "decimal", required: true, value: plainMoney(v.price, session.currency) })),
    action: "Change price",
    submit: (elements) => {
      const typed = typedPrices(elements, variants, session.currency);
      const changed = variants.filter((v) => typed[v.sku] !== v.price);
      if (changed.length === 0) throw new Error("These are the prices now.");
      const prices = Object.fromEntries(changed.map((v) => [v.sku, typed[v.sku]]));
      return shop.send({ type: "product.reprice", product_id, prices });
    },
  });
}

/** Start a flash sale, now or announced. */
export function startSale(shop, session, product) {
  const { product_id, title, variants } = product;
  const preview = () => {
    const percent = Number(dialog.querySelector("[name=percent]").value);
    const prices = variants.map((v) =>
      `${labelOf(v)} ${money(percentOff(v.price, percent), session.currency)}`);
    document.getElementById("sale-preview").textContent = prices.join(" · ");
  };
  open({
    title: `Flash sale of ${title}`,
    fields: [
      number("Percent off", "percent",
        { min: 1, max: 99, required: true, value: lastSale.percent, oninput: preview }),
      h("p", { id: "sale-preview", class: "note" }),
      number("Seconds", "seconds", { min: 5, max: 86400, required: true, value: lastSale.seconds }),
      number("Units (empty: all there are)", "units", { min: 1, value: lastSale.units }),
      number("Per person (empty: as on the shelf)", "limit",
        { min: 1, max: 1000, value: lastSale.limit }),
      number("Starts in seconds", "startsIn", { min: 0, max: 86400, value: lastSale.startsIn }),
    ],
    action: "Start sale",
    submit: async (elements) => {
      await shop.send(saleCommand(product_id, elements));
      const { percent, seconds, units, limit, startsIn } = elements;
      lastSale = { percent: percent.value, seconds: seconds.value, units: units.value,
        limit: limit.value, startsIn: startsIn.value };
    },
  });
  preview();
}

function saleCommand(product_id, elements) {
  const command = {
    type: "sale.start", product_id,
    percent: whole(elements.percent), duration_ms: whole(elements.seconds) * 1000,
    starts_in_ms: (whole(elements.startsIn) ?? 0) * 1000,
  };
  const units = whole(elements.units);
  const limit = whole(elements.limit);
  return { ...command, ...(units && { units }), ...(limit && { limit }) };
}

/** Put a product of the catalogue on the shelf; rejects where the catalogue cannot be read. */
export async function addProduct(shop, session) {
  const products = [];
  for await (const page of pagesOf("/api/products", "products")) products.push(...page);
  const here = new Set(session.shelf.map((p) => p.product_id));
  const free = products.filter((p) => !here.has(p.product_id));
  if (free.length === 0) throw new Error("Every product of the catalogue is on the shelf.");
  let picked = free[0];
  const units = () => render(document.getElementById("add-units"), unitFields(session, picked));
  const pick = async (event) => {
    picked = await getJson(`/api/products/${encodeURIComponent(event.target.value)}`);
    document.getElementById("add-units").replaceChildren();
    units();
  };
  open({
    title: "Add a product",
    fields: [
      h("label", { for: "add-product" }, "Product"),
      h("select", { id: "add-product", onchange: pick },
        free.map((p) => h("option", { value: p.product_id }, p.title))),
      h("div", { id: "add-units" }),
      number("At most per person", "limit", { min: 1, max: 1000, required: true, value: "10" }),
    ],
    action: "Add to the shelf",
    submit: (elements) => shop.send(addCommand(session, picked, elements)),
  });
  units();
}

function unitFields(session, { variants }) {
  return variants.map((v) =>
    h("fieldset", { key: v.sku, class: "pair" },
      h("legend", {}, `${labelOf(v)}, ${v.stock} in stock`),
      number("Units", `units-${v.sku}`, { min: 0, max: v.stock,
        value: String(Math.min(v.stock, UNITS_OFFERED)), "aria-label": `Units of ${labelOf(v)}` }),
      field("Price here", { name: `price-${v.sku}`, inputmode: "decimal", value: "",
        placeholder: plainMoney(v.price, session.currency),
        "aria-label": `Price of ${labelOf(v)} in this show` })));
}

function addCommand(session, { product_id, variants }, elements) {
  const offered = variants.filter((v) => whole(elements[`units-${v.sku}`]) > 0);
  if (offered.length === 0) throw new Error("Give at least one variant some units.");
  const units = Object.fromEntries(offered.map((v) => [v.sku, whole(elements[`units-${v.sku}`])]));
  const prices = typedPrices(elements, offered, session.currency);
  const command = { type: "product.add", product_id, units, limit: whole(elements.limit) };
  return { ...command, ...(Object.keys(prices).length > 0 && { prices }) };
}
