/** The form of a product that is not in the catalogue: its pictures, its words, its variants. */

import { useDesk } from "../shared/desk.js";
import { Field, TextBox } from "../shared/field.js";
import { NumberField, amount, walkRows, whole } from "../shared/fields.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { ProductPictures } from "./product_pictures.js";

const TITLE_CHARS_MAX = 255;
const DESCRIPTION_CHARS_MAX = 20_000;
const NAMES_CHARS_MAX = 400;
const UNITS_MAX = 1_000_000;
const VARIANTS_MAX = 200; // as many as a shelf takes of a product

/**
 * A product as it is filled in: its fields as they are written, the addresses of its pictures, and
 * in `cells`, by the label of a variant, what differs from the units and the price above.
 */
export const BLANK = {
  title: "", price: "", was: "", units: "1", colours: "", sizes: "", description: "", images: [],
  cells: {},
};

const names = (text) => [...new Set(text.split(",").map((each) => each.trim()).filter(Boolean))];

/** The labels of a draft's variants, each colour in each size; one without a label if none. */
function labelsOf({ colours, sizes }) {
  const [first, second] = [names(colours), names(sizes)].map((each) => each.length ? each : [""]);
  return first.flatMap((colour) =>
    second.map((size) => [colour, size].filter(Boolean).join(" / ")));
}

/** Letters and digits of a title, and something that no other product has. */
function newId(title) {
  const words = title.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  const own = Math.floor(Math.random() * 36 ** 6).toString(36).padStart(6, "0");
  return [...words.join("-").slice(0, 40).split("-"), own].filter(Boolean).join("-");
}

/** Return what to make of a draft, as the catalogue wants it; or throw what to say to its host. */
export function productOf(draft, currency) {
  const labels = labelsOf(draft);
  if (labels.length > VARIANTS_MAX) throw new Error(t("console.new_too_many", { n: VARIANTS_MAX }));
  const title = draft.title.trim();
  const product_id = newId(title);
  const was = draft.was.trim() === "" ? null : amount(draft.was, currency);
  const variants = labels.map((label, index) => {
    const { price = "", units = "" } = draft.cells[label] ?? {};
    return {
      sku: `${product_id}-${index + 1}`,
      label,
      price: amount(price.trim() || draft.price, currency),
      was,
      stock: whole(units || draft.units),
    };
  });
  const { description, images: [image = null, ...more_images] } = draft;
  return { product_id, title, description: description.trim(), image, variants,
    ...(more_images.length > 0 && { more_images }) };
}

/**
 * `change(fields)` takes what was filled in, or a function of what there is; `pending` counts the
 * pictures on their way.
 */
export function NewProduct({ draft, change, currency, pending }) {
  const desk = useDesk();
  const typed = (name) => ({
    name, value: draft[name], onInput: ({ target }) => change({ [name]: target.value }),
  });
  const labels = labelsOf(draft);
  return html`
    <${Field} label=${t("console.new_title")} required maxlength=${TITLE_CHARS_MAX} autofocus
      ...${typed("title")} />
    ${!desk.rehearsal && html`
      <${ProductPictures} images=${draft.images} pending=${pending}
        change=${(update) => change(({ images }) => ({ images: update(images) }))} />`}
    <div class="pair">
      <${Field} label=${t("console.new_price", { currency })} inputmode="decimal" required
        ...${typed("price")} />
      <${Field} label=${t("console.new_was", { currency })} inputmode="decimal"
        ...${typed("was")} />
    </div>
    <div class="pair">
      <${Field} label=${t("console.new_colours")} maxlength=${NAMES_CHARS_MAX}
        hint=${t("console.new_colours_hint")} ...${typed("colours")} />
      <${Field} label=${t("console.new_sizes")} maxlength=${NAMES_CHARS_MAX}
        hint=${t("console.new_sizes_hint")} ...${typed("sizes")} />
    </div>
    <${NumberField} label=${t("console.new_units")} min="0" max=${UNITS_MAX} required
      ...${typed("units")} />
    ${labels.length > 1 && labels.length <= VARIANTS_MAX && html`
      <${Variants} labels=${labels} draft=${draft} change=${change} currency=${currency} />`}
    <${TextBox} label=${t("console.new_description")} rows="3" maxlength=${DESCRIPTION_CHARS_MAX}
      ...${typed("description")} />`;
}

/** The table of the variants; what is empty is as it stands above. */
function Variants({ labels, draft, change, currency }) {
  const cell = (label, name) => ({
    value: draft.cells[label]?.[name] ?? "",
    onInput: ({ target }) => change({
      cells: { ...draft.cells, [label]: { ...draft.cells[label], [name]: target.value } },
    }),
  });
  return html`
    <table class="offer" onKeyDown=${walkRows}>
      <thead><tr><th scope="col">${t("console.variant")}</th>
        <th scope="col">${t("console.units")}</th>
        <th scope="col">${t("console.new_price", { currency })}</th></tr></thead>
      <tbody>
        ${labels.map((label) => html`
          <tr key=${label}><th scope="row">${label}</th>
            <td><input type="number" min="0" max=${UNITS_MAX} step="1" placeholder=${draft.units}
              aria-label=${t("console.units_of", { label })} ...${cell(label, "units")} /></td>
            <td><input inputmode="decimal" autocomplete="off" placeholder=${draft.price}
              aria-label=${t("console.price_of", { label, currency })}
              ...${cell(label, "price")} /></td></tr>`)}
      </tbody>
    </table>`;
}
