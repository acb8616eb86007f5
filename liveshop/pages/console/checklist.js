/** Before the show: what is ready, and the one next step. */

import { useDesk, useDeskState } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { number, t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { useSlot } from "../shared/slots.js";

/** Whether a show has something to sell and its stream was seen: then it can go live unasked. */
export const isReady = (session, streamSeen) =>
  session.shelf.length > 0 && session.stream_url !== null && streamSeen;

const opens = (kind, words) => (desk, isNext) => html`
  <button type="button" class=${isNext ? "primary" : ""} onClick=${() => desk.open(kind)}>
    ${words}</button>`;

/** The steps in their order; `sum` says how far one is, `act` draws its button. */
function stepsOf(desk, { session, streamSeen, plan, noted }, practise) {
  const planned = Object.keys(plan.sales).length;
  const { stream_url: stream } = session;
  return [
    { name: t("console.step.products"), done: session.shelf.length > 0,
      sum: number(session.shelf.length),
      act: session.shelf.length === 0 && opens("add", t("console.add_first")) },
    { name: t("console.step.cover"), done: Boolean(session.cover_url),
      act: opens("edit", t("console.step.cover_set")) },
    { name: t("console.step.stream"), done: stream !== null && streamSeen,
      sum: stream !== null && !streamSeen && t("console.step.stream_waits"),
      act: opens("edit", t("console.step.stream_set")) },
    { name: t("console.step.sales"), done: planned > 0, sum: number(planned),
      act: session.shelf.length > 0 && ((at, isNext) => html`
        <button type="button" class=${isNext ? "primary" : ""}
          onClick=${() => at.open("plan", { product: session.shelf[0] })}>
          ${t("console.plan")}</button>`) },
    ...practise.map((Practise) => ({ name: t("console.step.practise"), done: noted.practised,
      act: (at, isNext) => html`<${Practise} kind=${isNext ? "primary" : ""} />` })),
    { name: t("console.step.share"), done: noted.shared, act: opens("share", t("console.share")) },
  ];
}

export function Checklist() {
  const desk = useDesk();
  const session = useShopState((state) => state.session);
  const streamSeen = useDeskState((state) => state.stream !== null);
  const plan = useDeskState((state) => state.plan);
  const noted = useDeskState((state) => state.noted);
  const practise = useSlot("practise");
  const steps = stepsOf(desk, { session, streamSeen, plan, noted }, practise);
  const next = steps.find(({ done }) => !done);
  return html`
    <section class="checklist" aria-label=${t("console.before")}>
      <h2>${t("console.before")}</h2>
      <ol>${steps.map((step, index) => html`
        <li key=${step.name} class=${step.done ? "step done" : "step"}
          aria-current=${step === next ? "step" : undefined}>
          <span class="step-mark" aria-hidden="true">${step.done ? "✓" : index + 1}</span>
          <span class="step-name">${step.name}
            <span class="unseen">${step.done ? t("console.step.done") : ""}</span>
            ${step.sum && html` <span class="note">${step.sum}</span>`}</span>
          ${step.act && step.act(desk, step === next)}
        </li>`)}
      </ol>
    </section>`;
}
