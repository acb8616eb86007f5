/** In the cart: taken offers to tick, a field for a code, and how far the next offer is. */

import { html, useState } from "../../../pages/shared/html.js";
import { money, t, timeOfDay } from "../../../pages/shared/i18n.js";
import { nameOf } from "../../../pages/shared/words.js";
import { useShop, useShopState } from "../../../pages/shared/shop.js";
import { CODES_MAX, codesOf, take, tick, useTicks } from "./kept.js";
import { usePriced } from "./priced.js";
import { worthOf } from "./terms.js";
import { whyNotTaken } from "./ticket.js";

const CODE_CHARS_MAX = 24;

/** A taken offer: it goes with the order unless it is unticked. */
function Tick({ name, use, offer, currency, codes }) {
  const isIn = codes.includes(name);
  const isFull = !isIn && codes.length >= CODES_MAX;
  return html`
    <label class="choice offer-tick">
      <input type="checkbox" checked=${isIn} disabled=${isFull}
        onChange=${({ target }) => tick(name, target.checked)} />
      <span><bdi>${offer ? offer.label : t("offers.one_taken")}</bdi>
        ${offer && html` <b>${worthOf(offer, currency)}</b>`}
        <span class="note"> ${t("offers.kept_until", { time: timeOfDay(use.expires_at_ms) })}
          ${isFull && html` ${t("offers.three")}`}</span></span>
    </label>`;
}

function wrong(refusal, session) {
  if (["not_found", "expired", "bad_request"].includes(refusal.code)) return t("offers.code_wrong");
  if (refusal.code === "rate_limited") return t("offers.code_later");
  return whyNotTaken(refusal, session);
}

/** The field for a code that somebody knows; wrong ones are all answered alike. */
function CodeField() {
  const shop = useShop();
  const [code, setCode] = useState("");
  const [said, setSaid] = useState("");
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    if (busy || code.trim() === "") return;
    setBusy(true);
    setSaid("");
    try {
      await take(shop, { code: code.trim() });
      setCode("");
      setSaid(t("offers.code_taken"));
    } catch (refusal) {
      setSaid(wrong(refusal, shop.state.session));
    }
    setBusy(false);
  };
  return html`
    <form class="offer-code" onSubmit=${submit}>
      <label class="field"><span>${t("offers.code")}</span>
        <input value=${code} maxlength=${CODE_CHARS_MAX} autocomplete="off"
          autocapitalize="characters" spellcheck=${false}
          onInput=${({ target }) => setCode(target.value)} /></label>
      <button aria-busy=${busy} aria-disabled=${busy}>${t("offers.code_use")}</button>
      <p class="note" role="status">${said}</p>
    </form>`;
}

/** How much is missing for an offer, as a bar; or what else of it is to be added. */
function Hint({ hint: { offer: name, missing, add, sku = add, quantity }, offer, session }) {
  if (!offer) return null;
  const label = offer.label;
  if (!missing) {
    return html`<p class="offer-hint">${t("offers.add", {
      quantity, name: nameOf(session, sku), label })}</p>`;
  }
  const amount = money(missing, session.currency);
  const words = offer.kind === "delivery" ? t("offers.missing_delivery", { amount })
    : t("offers.missing", { amount, label });
  const least = offer.min_goods ?? missing;
  return html`
    <p class="offer-hint"><span>${words}</span>
      <progress aria-label=${words} max=${least}
        value=${Math.max(0, least - missing)}></progress></p>`;
}

function More({ codes, hints }) {
  const session = useShopState((state) => state.session);
  const taken = useShopState((state) => state.taken);
  const offers = session.offers ?? [];
  const known = (name) =>
    [...offers, ...session.offers_past ?? []].find(({ offer }) => offer === name);
  return html`
    <div class="cart-offers">
      ${Object.entries(taken).map(([name, use]) => html`
        <${Tick} key=${name} name=${name} use=${use} offer=${known(name)} codes=${codes}
          currency=${session.currency} />`)}
      ${offers.some(({ who, state }) => who === "code" && state === "open") && html`
        <${CodeField} />`}
      ${hints.map((hint) => html`
        <${Hint} key=${hint.offer} hint=${hint} offer=${known(hint.offer)} session=${session} />`)}
    </div>`;
}

/** The price of each line outside a sale, by rid, as the server or else the shelf has it. */
function beforeOf({ lines }, shop) {
  const shelf = (sku) => shop.offer(sku)?.variant.price ?? 0;
  return Object.fromEntries(lines.map(({ rid, sku, quantity, list_price }) =>
    [rid, (list_price ?? shelf(sku)) * quantity]));
}

/** The sum of what is `held`, which `draw` draws with what there is to tick and to fill in. */
export function CartSum({ held, draw }) {
  const shop = useShop();
  useTicks();
  const taken = useShopState((state) => state.taken);
  const offers = useShopState(({ session }) => session.offers) ?? [];
  const codes = codesOf({ taken });
  const refusal = held.find(({ error }) => error)?.error;
  const { priced, pending } = usePriced(held, codes, refusal);
  const isQuiet = offers.length === 0 && Object.keys(taken).length === 0;
  if (isQuiet) return draw({});
  const more = html`<${More} codes=${codes} hints=${priced?.hints ?? []} />`;
  if (priced === null) {
    return draw({ more, pending, terms: codes.length > 0 ? { codes } : undefined });
  }
  const { goods, why } = priced;
  return draw({
    more, pending, total: goods, why, before: beforeOf(priced, shop),
    terms: { total: goods, ...(codes.length > 0 && { codes }) },
  });
}
