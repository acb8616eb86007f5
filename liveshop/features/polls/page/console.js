/** The polls of a show for its host: how they stand, closing them, and pinning what has won. */

import { Action, Opener } from "../../../pages/shared/action.js";
import { useDesk } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { clock, t } from "../../../pages/shared/i18n.js";
import { useShop, useShopState, useTicked } from "../../../pages/shared/shop.js";
import { Bars, Sum, winnersOf } from "./bars.js";
import { votes } from "./crowd.js";
import { PollForm } from "./form.js";

const ON = new Set(["live", "paused"]);
const OPEN_MAX = 3;
const RESULT_MS_MAX = 5_000;

/** Return the result of a poll that was just closed; null if it does not come in time. */
function resultOf(shop, poll) {
  const known = () => {
    const { poll_result: result } = shop.state.session;
    return result?.poll === poll ? result : null;
  };
  return new Promise((resolve) => {
    const late = setTimeout(() => done(known()), RESULT_MS_MAX);
    const end = shop.subscribe(() => known() && done(known()));
    function done(result) {
      clearTimeout(late);
      end();
      resolve(result);
    }
    if (known()) done(known());
  });
}

const close = (desk, { poll }) =>
  desk.attempt(`poll.close:${poll}`, () => desk.send({ type: "poll.close", poll }));

/** Close a poll and pin the product that has won it, if there is one. */
async function closeAndPin(desk, poll) {
  if (!await close(desk, poll)) return;
  const result = await resultOf(desk.shop, poll.poll);
  const [best] = result ? winnersOf(result) : [];
  const product_id = result?.choices[best]?.product_id;
  const { pinned } = desk.shop.state.session;
  if (!product_id) desk.say(t("polls.console.no_winner"), { problem: true });
  else if (!pinned.includes(product_id)) await desk.run({ type: "product.pin", product_id });
}

function TimeLeft({ endsAtMs }) {
  const shop = useShop();
  const seconds = useTicked(() => Math.max(0, shop.secondsTo(endsAtMs)));
  return html`<span class="pill" role="timer" aria-label=${t("polls.time_left")}>
    ${clock(seconds)}</span>`;
}

function Open({ poll }) {
  const desk = useDesk();
  const ofProducts = poll.choices.some(({ product_id }) => product_id);
  const { question } = poll;
  return html`
    <li class="poll">
      <div class="row-head"><h3><bdi>${question}</bdi></h3>
        ${poll.ends_at_ms && html`<${TimeLeft} endsAtMs=${poll.ends_at_ms} />`}</div>
      ${poll.counts ? html`<${Bars} poll=${poll} />`
        : html`<p class="note">${t("polls.console.secret")}</p>`}
      <${Sum} poll=${poll} />
      <div class="buttons">
        <${Action} does=${`poll.close:${poll.poll}`} words=${t("polls.console.close")}
          label=${t("polls.console.close_of", { question })} onAct=${() => close(desk, poll)} />
        ${ofProducts && html`
          <${Action} does=${`poll.close:${poll.poll}`} words=${t("polls.console.close_pin")}
            label=${t("polls.console.close_pin_of", { question })}
            onAct=${() => closeAndPin(desk, poll)} />`}
      </div>
    </li>`;
}

function Result({ result }) {
  return html`
    <div class="poll poll-result">
      <h3>${t("polls.console.result")} <bdi>${result.question}</bdi></h3>
      <${Bars} poll=${result} right=${result.right ?? null} />
      <${Sum} poll=${result} />
    </div>`;
}

function Polls() {
  const desk = useDesk();
  const polls = useShopState(({ session }) => session.polls);
  const result = useShopState(({ session }) => session.poll_result);
  const on = useShopState(({ session }) => ON.has(session.status));
  if (!on && !result) return null;
  if (!polls?.length && !result) return null;
  return html`
    <section class="panel polls" aria-label=${t("polls.title")}>
      <h2>${t("polls.title")}</h2>
      <ul>${(polls ?? []).map((poll) => html`<${Open} key=${poll.poll} poll=${poll} />`)}</ul>
      ${result && html`<${Result} result=${result} />`}
    </section>`;
}

/** On the card of what is on air: a new poll. */
function Ask() {
  const full = useShopState(({ session }) => isFull(session));
  return html`<${Opener} does="poll.open" dialog="poll" words=${t("polls.title")} shown="O"
    label=${t("polls.console.new")}
    whyNot=${full ? t("polls.console.full") : null} />`;
}

const isFull = ({ polls }) => (polls?.length ?? 0) >= OPEN_MAX;

/** Ask something, unless as many polls are open as can be. */
function ask(desk) {
  if (!isFull(desk.shop.state.session)) desk.open("poll");
}

export const slots = {
  middle: Polls,
  action: Ask,
  crowd: votes,
  dialog: { kind: "poll", Content: PollForm },
  key: { shown: "O", key: "polls.console.help", press: "o", does: "poll.open", act: ask },
};
