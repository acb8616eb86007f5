/** Product sets in the console: one is added to the show, or made of it. */

import { uuid } from "../../../pages/client/uuid.js";
import { useMay } from "../../../pages/shared/action.js";
import { useDesk } from "../../../pages/shared/desk.js";
import { Form, Sheet } from "../../../pages/shared/desk_sheet.js";
import { Field } from "../../../pages/shared/field.js";
import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";

const NAME_CHARS_MAX = 64;
const SETS = "/api/product-sets";

function Open() {
  const desk = useDesk();
  const may = useMay("product.add");
  if (!may || desk.rehearsal) return null;
  return html`<button type="button" onClick=${() => desk.open("product-sets")}>
    ${t("product_sets.add")}</button>`;
}

function Sets() {
  const desk = useDesk();
  const [page, setPage] = useState(null);
  const [report, setReport] = useState(null);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(null);
  const attempt = async (work) => {
    try {
      setProblem(null);
      await work();
    } catch (fault) {
      setProblem(desk.explain(fault));
    }
  };
  const read = (after) => attempt(async () => {
    const query = new URLSearchParams(after === null ? {} : { after });
    const { product_sets, next } = await desk.office.ask("GET", `${SETS}?${query}`);
    setPage((known) => ({ sets: [...known?.sets ?? [], ...product_sets], next }));
  });
  const add = async (setId) => {
    if (busy !== null) return;
    setBusy(setId);
    const path = `/api/sessions/${encodeURIComponent(desk.office.sessionId)}/product-sets`;
    await attempt(async () => {
      setReport(await desk.office.ask("POST", `${path}/${encodeURIComponent(setId)}`));
    });
    setBusy(null);
  };
  useEffect(() => { read(null); }, []);
  return html`
    <${Sheet} title=${t("product_sets.title")}>
      <p class="problem" role="alert">${problem}</p>
      ${page?.sets.length === 0 && html`<p>${t("product_sets.none")}</p>`}
      <ul>${page?.sets.map((each) => html`
        <${Row} key=${each.set_id} ...${each} busy=${busy} add=${() => add(each.set_id)} />`)}</ul>
      <div role="status">${report && html`<${Report} ...${report} />`}</div>
      <div class="buttons end">
        ${page && page.next !== null && html`
          <button type="button" onClick=${() => read(page.next)}>
            ${t("product_sets.more")}</button>`}
        <${Make} />
        <button type="button" autofocus onClick=${() => desk.closeDialog()}>
          ${t("console.close")}</button>
      </div>
    <//>`;
}

function Row({ set_id, name, products_total, busy, add }) {
  return html`
    <li class="row-head">
      <span><bdi>${name}</bdi>${" "}
        <span class="note">${t("product_sets.products", { n: products_total })}</span></span>
      <button type="button" aria-disabled=${busy !== null} aria-busy=${busy === set_id}
        aria-label=${t("product_sets.add_named", { name })} onClick=${add}>
        ${t("product_sets.add_one")}</button>
    </li>`;
}

/** The outcome for each product of a set that was added, by its id if it is not on the shelf. */
function Report({ products }) {
  const shelf = useShopState((state) => state.session.shelf);
  const titles = new Map(shelf.map(({ product_id, title }) => [product_id, title]));
  return html`
    <ul>${products.map(({ product_id, result, units }) => html`
      <li key=${product_id}><bdi>${titles.get(product_id) ?? product_id}</bdi>:${" "}
        ${t(`product_sets.result.${result}`)}
        ${units.filter(({ asked, got }) => got < asked).map(({ sku, asked, got }) => html`
          <span class="note"> ${t("product_sets.short", { sku, asked, got })}</span>`)}
      </li>`)}</ul>`;
}

function Make() {
  const desk = useDesk();
  const isEmpty = useShopState((state) => state.session.shelf.length === 0);
  if (isEmpty || !desk.isEverywhere) return null;
  return html`<button type="button" onClick=${() => desk.open("product-set-made")}>
    ${t("product_sets.make")}</button>`;
}

function MakeForm() {
  const desk = useDesk();
  const submit = async ({ name }) => {
    const body = { name: name.value.trim(), session_id: desk.office.sessionId };
    await desk.office.ask("PUT", `${SETS}/${uuid()}`, body);
    desk.say(t("product_sets.made", { name: body.name }));
  };
  return html`
    <${Form} title=${t("product_sets.make")} action=${t("product_sets.make_action")}
      submit=${submit}>
      <${Field} label=${t("product_sets.name")} name="name" required autofocus
        maxlength=${NAME_CHARS_MAX} />
    <//>`;
}

export const slots = {
  run_button: Open,
  dialog: [
    { kind: "product-sets", Content: Sets },
    { kind: "product-set-made", Content: MakeForm },
  ],
};
