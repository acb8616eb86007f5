/** In the console's orders: where each is, and a form that says so in place of a shop's system. */

import { useDesk, useDeskState } from "../../../pages/shared/desk.js";
import { Form } from "../../../pages/shared/desk_sheet.js";
import { Field } from "../../../pages/shared/field.js";
import { html } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { Whereabouts, readAll } from "./fulfilments.js";

const NAME_CHARS_MAX = 64;
const TRACKING_CHARS_MAX = 100;
const URL_CHARS_MAX = 2_000;

/** Read them when the console joins; whatever the shop's systems say later is there after that. */
async function hear(desk, { type }) {
  if (type !== "welcome" || !desk.isHost || desk.rehearsal) return;
  try {
    const { office } = desk;
    desk.change({
      fulfilments: await readAll(office.sessionId, (path) => office.ask("GET", path)),
    });
  } catch (refusal) {
    console.info(`fulfilments: ${refusal.message}`); // with the next welcome, then
  }
}

function OfOrder({ order, buyer }) {
  const desk = useDesk();
  const fulfilment = useDeskState(({ fulfilments }) => fulfilments?.[order.order_id]);
  if (!desk.isHost || desk.rehearsal) return null;
  const [words, label] = fulfilment
    ? [t("shipping.change"), t("shipping.change_of", { name: buyer })]
    : [t("shipping.ship"), t("shipping.ship_of", { name: buyer })];
  return html`
    ${fulfilment && html`
      <span class="note"><${Whereabouts} fulfilment=${fulfilment} /></span>`}
    ${order.status === "confirmed" && html`
      <button type="button" class="quiet small" aria-label=${label}
        onClick=${() => desk.open("ship", { order, buyer })}>${words}</button>`}`;
}

function ShipForm({ order, buyer }) {
  const desk = useDesk();
  const known = useDeskState(({ fulfilments }) => fulfilments?.[order.order_id]) ?? {};
  const submit = async ({ state, carrier, tracking, link }) => {
    const text = (input) => input.value.trim() || null;
    const fulfilment = await desk.office.ask("PUT", `/api/orders/${order.order_id}/fulfilment`, {
      state: state.value, carrier: text(carrier), tracking: text(tracking),
      tracking_url: text(link),
    });
    const { fulfilments } = desk.state;
    desk.change({ fulfilments: { ...fulfilments, [order.order_id]: fulfilment } });
    desk.say(t("shipping.said", { name: buyer }));
  };
  return html`
    <${Form} title=${t("shipping.ship_of", { name: buyer })} action=${t("shipping.save")}
      submit=${submit}>
      <p class="note">${t("shipping.help")}</p>
      <label class="field"><span>${t("shipping.state")}</span>
        <select name="state" defaultValue=${known.state ?? "shipped"}>
          ${known.state !== "delivered" && html`
            <option value="shipped">${t("shipping.state_shipped")}</option>`}
          <option value="delivered">${t("shipping.state_delivered")}</option>
        </select></label>
      <${Field} label=${t("shipping.carrier")} name="carrier" maxlength=${NAME_CHARS_MAX}
        defaultValue=${known.carrier ?? ""} autofocus />
      <${Field} label=${t("shipping.tracking")} name="tracking" maxlength=${TRACKING_CHARS_MAX}
        defaultValue=${known.tracking ?? ""} />
      <${Field} label=${t("shipping.link")} name="link" type="url" pattern="https://.*"
        maxlength=${URL_CHARS_MAX} hint=${t("shipping.link_hint")}
        defaultValue=${known.tracking_url ?? ""} />
    <//>`;
}

export const slots = { hear, order: OfOrder, dialog: { kind: "ship", Content: ShipForm } };
