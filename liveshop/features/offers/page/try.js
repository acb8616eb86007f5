/** A cart to try the offers on: priced by the server as a sale would be, and nothing is held. */

import { useDesk } from "../../../pages/shared/desk.js";
import { Sheet } from "../../../pages/shared/desk_sheet.js";
import { NumberField, whole } from "../../../pages/shared/fields.js";
import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { money, t } from "../../../pages/shared/i18n.js";
import { Reasons } from "../../../pages/shared/reasons.js";
import { useShopState } from "../../../pages/shared/shop.js";
import { nameOf } from "../../../pages/shared/words.js";
import { Select } from "./form_kinds.js";
import { CODES_MAX } from "./kept.js";
import { isNamed } from "./terms.js";

const ASK_AFTER_MS = 300;
const LINES_MAX = 6;

/** Return what the server says of a cart, as `{ priced, problem }`; both null until it does. */
function usePricedAs(desk, lines, codes) {
  const [said, setSaid] = useState({ priced: null, problem: null });
  const cart = JSON.stringify({
    lines: lines.map(({ sku, quantity }) => ({ sku, quantity: whole(quantity) ?? 1 })), codes,
  });
  useEffect(() => {
    let isOver = false;
    const ask = async () => {
      const path = `/api/sessions/${encodeURIComponent(desk.office.sessionId)}/price`;
      const next = await desk.office.ask("POST", path, JSON.parse(cart)).then(
        (priced) => ({ priced, problem: null }),
        (refusal) => ({ priced: null, problem: desk.explain(refusal) }));
      if (!isOver) setSaid(next);
    };
    const timer = setTimeout(ask, ASK_AFTER_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [cart]);
  return said;
}

function Lines({ lines, setLines, session }) {
  const skus = session.shelf.flatMap(({ variants }) => variants.map(({ sku }) => sku));
  const options = skus.map((sku) => [sku, nameOf(session, sku)]);
  const put = (place, field) => ({ target }) => setLines((now) =>
    now.map((each, at) => (at === place ? { ...each, [field]: target.value } : each)));
  return html`
    ${lines.map(({ sku, quantity }, place) => html`
      <div key=${place} class="pair">
        <${Select} label=${t("offers.form.part", { n: place + 1 })} value=${sku}
          onChange=${put(place, "sku")} options=${options} />
        <${NumberField} label=${t("offers.form.part_units", { n: place + 1 })} min="1" max="100"
          value=${quantity} onInput=${put(place, "quantity")} />
      </div>`)}
    ${lines.length < LINES_MAX && html`
      <button type="button" class="quiet"
        onClick=${() => setLines((now) => [...now, { sku: skus[0], quantity: "1" }])}>
        ${t("offers.form.part_add")}</button>`}`;
}

/** The offers that a buyer would have to take or to name. */
function Named({ offers, codes, setCodes }) {
  const toggle = (name, isIn) => setCodes((now) =>
    (isIn ? [...now, name].slice(-CODES_MAX) : now.filter((each) => each !== name)));
  return offers.filter((each) => isNamed(each) && each.state === "open").map(({ offer, label }) =>
    html`<label key=${offer} class="choice"><input type="checkbox" checked=${codes.includes(offer)}
      onChange=${({ target }) => toggle(offer, target.checked)} /> <bdi>${label}</bdi></label>`);
}

export function TryCart() {
  const desk = useDesk();
  const session = useShopState((state) => state.session);
  const [lines, setLines] = useState(() =>
    [{ sku: session.shelf[0].variants[0].sku, quantity: "1" }]);
  const [codes, setCodes] = useState([]);
  const { priced, problem } = usePricedAs(desk, lines, codes);
  const { currency } = session;
  return html`
    <${Sheet} title=${t("offers.try.title")} wide>
      <p class="note">${t("offers.try.note")}</p>
      <div class="offer-try">
        <div><${Lines} lines=${lines} setLines=${setLines} session=${session} />
          <${Named} offers=${session.offers ?? []} codes=${codes} setCodes=${setCodes} /></div>
        <div role="status" aria-label=${t("offers.try.outcome")}>
          <p class="problem">${problem}</p>
          ${priced && html`<${Reasons} why=${priced.why} currency=${currency} />
            <p class="offer-try-total"><span>${t("cart.total")}</span>
              <b>${money(priced.goods, currency)}</b></p>`}</div>
      </div>
      <div class="buttons end"><button type="button" autofocus onClick=${() => desk.closeDialog()}>
        ${t("console.close")}</button></div>
    <//>`;
}
