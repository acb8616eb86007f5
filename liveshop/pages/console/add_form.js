/** Putting a product on the shelf: found in the catalogue, or made on the spot. */

import { useDesk } from "../shared/desk.js";
import { Form } from "../shared/desk_sheet.js";
import { Field } from "../shared/field.js";
import { NumberField, amount, walkRows, whole } from "../shared/fields.js";
import { html, useEffect, useRef, useState } from "../shared/html.js";
import { number, plainMoney, t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { labelOf } from "../shared/words.js";
import { BLANK, NewProduct, productOf } from "./new_product.js";

const UNITS_OFFERED = 10;
const TYPING_MS = 150;
const VARIANTS_DRAWN_MAX = 200; // as many as a shelf takes of a product

export function AddForm() {
  const desk = useDesk();
  const [making, setMaking] = useState(false);
  const [picked, setPicked] = useState(null);
  const [draft, setDraft] = useState(BLANK);
  const typed = useRef(new Map()); // by SKU: the units and the price in the table of the offer
  const made = useRef(null);
  const pending = useRef(0);
  const currency = useShopState((state) => state.session.currency);
  const submit = async (elements) => {
    if (pending.current > 0) throw new Error(t("upload.wait"));
    const limit = whole(elements.limit.value);
    if (making) return addNew(desk, draft, limit, currency, made);
    if (picked === null) throw new Error(t("console.add_pick"));
    return addKnown(desk, picked, typed.current, limit, currency);
  };
  return html`
    <${Form} title=${t("console.add_title")} action=${t("console.add_action")}
      submit=${submit}
      more=${{ words: t("console.add_more"), begin: () => setDraft(BLANK) }} wide>
      <fieldset class="choices"><legend class="unseen">${t("console.add_from")}</legend>
        <label class="choice"><input type="radio" name="from" checked=${!making}
          onChange=${() => setMaking(false)} /> <span>${t("console.add_catalogue")}</span></label>
        ${desk.isEverywhere && html`
          <label class="choice"><input type="radio" name="from" checked=${making}
            onChange=${() => setMaking(true)} /> <span>${t("console.add_new")}</span></label>`}
      </fieldset>
      ${making ? html`
          <${NewProduct} draft=${draft} currency=${currency} pending=${pending}
            change=${(fields) => setDraft((known) => filled(known, fields))} />`
        : html`<${Found} picked=${picked} pick=${setPicked}
            none=${() => setMaking(desk.isEverywhere)} />`}
      ${picked !== null && !making && html`
        <${Offer} key=${picked.product_id} found=${picked} typed=${typed.current}
          currency=${currency} />`}
      <${NumberField} label=${t("console.add_limit")} name="limit" min="1" max="1000" required
        defaultValue="10" />
    <//>`;
}

const filled = (draft, fields) =>
  ({ ...draft, ...(typeof fields === "function" ? fields(draft) : fields) });

/**
 * The products that a search by `q` finds, null until there is an answer; the first that is not on
 * the shelf is picked. `none()` is called if there is nothing in the catalogue.
 */
function useSearch(q, shelf, { pick, none }) {
  const desk = useDesk();
  const [found, setFound] = useState(null);
  useEffect(() => {
    let gone = false;
    const timer = setTimeout(async () => {
      try {
        const products = await desk.office.search(q);
        if (gone) return;
        if (q === "" && products.length === 0) none();
        setFound(products);
        const free = products.filter((p) => !shelf.some((s) => s.product_id === p.product_id));
        pick(free[0] ?? null);
      } catch (refusal) {
        desk.say(desk.explain(refusal), { problem: true });
      }
    }, q === "" ? 0 : TYPING_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [q, shelf.length]);
  return found;
}

/** The catalogue as it is searched, to pick one product of. */
function Found({ picked, pick, none }) {
  const shelf = useShopState((state) => state.session.shelf);
  const [q, setQ] = useState("");
  const list = useRef(null);
  const found = useSearch(q, shelf, { pick, none });
  const intoList = (event) => {
    if (event.key !== "ArrowDown") return;
    event.preventDefault();
    list.current.querySelector("input:checked")?.focus(); // from there the arrows pick
  };
  const here = new Set(shelf.map((p) => p.product_id));
  return html`
    <${Field} label=${t("console.add_search")} type="search" autofocus value=${q}
      onInput=${(event) => setQ(event.target.value)} onKeyDown=${intoList} />
    <div ref=${list} class="found" role="radiogroup" tabindex="0"
      aria-label=${t("console.add_found")}>
      ${found?.map((p) => html`
        <label key=${p.product_id} class="found-row">
          <input type="radio" name="product" checked=${picked?.product_id === p.product_id}
            disabled=${here.has(p.product_id)} onChange=${() => pick(p)} />
          ${p.image && html`
            <img class="thumb" src=${p.image} alt="" width="32" height="32" />`}
          <span class="title">${p.title}</span>
          ${hiddenWord(p) && html`<span class="pill">${hiddenWord(p)}</span>`}
          <span class="note">${here.has(p.product_id) ? t("console.add_here")
            : t("console.in_stock", { n: stockOf(p) })}</span>
        </label>`)}
      ${found?.length === 0 && html`<p class="empty">
        ${q ? t("console.add_nothing") : t("console.add_no_catalogue")}</p>`}
    </div>`;
}

/** The units of a product in stock; "8,000+" where not all of its variants are listed. */
function stockOf({ variants, variants_total }) {
  const listed = variants.reduce((sum, v) => sum + v.stock, 0);
  return variants_total === undefined ? listed : `${number(listed)}+`;
}

/** Why viewers do not see a product in the catalogue, or "". */
function hiddenWord({ status = "active", published = true }) {
  if (status !== "active") return t(`console.product_${status}`);
  return published ? "" : t("console.product_unpublished");
}

/** The table of what is offered; of many variants those that are searched for are drawn. */
function Offer({ found, typed, currency }) {
  const desk = useDesk();
  const [product, setProduct] = useState(null);
  const [q, setQ] = useState("");
  useEffect(() => {
    let gone = false;
    desk.office.whole(found).then((whole) => {
      if (gone) return;
      typed.clear();
      const few = whole.variants.length <= VARIANTS_DRAWN_MAX;
      for (const { sku, stock } of whole.variants) {
        typed.set(sku, { units: few ? Math.min(stock, UNITS_OFFERED) : 0, price: "" });
      }
      setProduct(whole);
    }, (refusal) => desk.say(desk.explain(refusal), { problem: true }));
    return () => {
      gone = true;
      typed.clear();
    };
  }, []); // each product has a table of its own: what was typed outlives another search
  if (product === null) return null;
  const words = q.trim().toLowerCase();
  const named = product.variants.filter(({ sku, label }) =>
    `${label} ${sku}`.toLowerCase().includes(words));
  const drawn = named.slice(0, VARIANTS_DRAWN_MAX);
  return html`
    ${product.variants.length > VARIANTS_DRAWN_MAX && html`
      <${Field} label=${t("console.variants_search", { n: product.variants.length })}
        type="search" hint=${t("console.variants_many", { n: VARIANTS_DRAWN_MAX })}
        value=${q} onInput=${(event) => setQ(event.target.value)} />`}
    <table class="offer" onKeyDown=${walkRows}>
      <thead><tr><th scope="col">${t("console.variant")}</th>
        <th scope="col">${t("console.units")}</th>
        <th scope="col">${t("console.price_here", { currency })}</th></tr></thead>
      <tbody>
        ${drawn.map((v) => html`<${Offered} key=${v.sku} variant=${v} product=${product}
          typed=${typed.get(v.sku)} currency=${currency} />`)}
      </tbody>
    </table>`;
}

function Offered({ variant: v, product, typed, currency }) {
  return html`
    <tr><th scope="row">${labelOf(v, product)}${" "}
        <span class="note">${t("console.in_stock", { n: v.stock })}</span></th>
      <td><input type="number" name=${`units-${v.sku}`} min="0" max=${v.stock} step="1"
        defaultValue=${String(typed.units)}
        onInput=${(event) => { typed.units = whole(event.target.value) ?? 0; }}
        aria-label=${t("console.units_of", { label: labelOf(v, product) })} /></td>
      <td><input name=${`price-${v.sku}`} inputmode="decimal" autocomplete="off"
        defaultValue=${typed.price} placeholder=${plainMoney(v.price, currency)}
        onInput=${(event) => { typed.price = event.target.value; }}
        aria-label=${t("console.price_of_here", { label: labelOf(v, product) })} />
      </td></tr>`;
}

async function addKnown(desk, { product_id, title }, typed, limit, currency) {
  const offered = [...typed].filter(([, { units }]) => units > 0);
  if (offered.length === 0) throw new Error(t("console.add_no_units"));
  const priced = offered.filter(([, { price }]) => price.trim() !== "");
  const prices = Object.fromEntries(
    priced.map(([sku, { price }]) => [sku, amount(price, currency)]));
  await desk.send({
    type: "product.add", product_id, limit,
    units: Object.fromEntries(offered.map(([sku, { units }]) => [sku, units])),
    ...(priced.length > 0 && { prices }),
  });
  desk.say(t("console.added", { title }), {
    undo: () => desk.run({ type: "product.remove", product_id }),
  });
}

/**
 * Make a product and put it on the shelf. `made` remembers one that is there already: the line may
 * have gone down between the two.
 */
async function addNew(desk, draft, limit, currency, made) {
  const product = productOf(draft, currency);
  if (product.variants.every(({ stock }) => stock === 0)) {
    throw new Error(t("console.add_no_units"));
  }
  if (made.current?.draft !== draft) {
    await desk.office.makeProduct(product);
    made.current = { draft, product };
  }
  const { product_id, title, variants } = made.current.product;
  const there = variants.filter(({ stock }) => stock > 0);
  await desk.send({
    type: "product.add", product_id, limit,
    units: Object.fromEntries(there.map(({ sku, stock }) => [sku, stock])),
    prices: Object.fromEntries(there.map(({ sku, price }) => [sku, price])),
  });
  desk.say(t("console.added", { title }), {
    undo: () => desk.run({ type: "product.remove", product_id }),
  });
}
