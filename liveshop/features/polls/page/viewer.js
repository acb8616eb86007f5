/** A poll under the pinned card: choices to tap, how it stands after one's vote, and its result. */

import { visitorName } from "../../../pages/client/storage.js";
import { html, useEffect, useLayoutEffect, useState } from "../../../pages/shared/html.js";
import { clock, listOf, t } from "../../../pages/shared/i18n.js";
import { useShop, useShopState, useTicked } from "../../../pages/shared/shop.js";
import { sentence } from "../../../pages/shared/words.js";
import { Bars, Sum, labelsOf, winnersOf } from "./bars.js";

const RESULT_MS = 10_000;
const SCORES = [...new Array(11).keys()];
const TYPED = "input, textarea, select, [contenteditable]";

/** The question, and for how long it can still be answered. */
function Head({ poll }) {
  const shop = useShop();
  const seconds = useTicked(() =>
    (poll.ends_at_ms ? Math.max(0, shop.secondsTo(poll.ends_at_ms)) : null));
  return html`
    <div class="poll-head"><h2><bdi>${poll.question}</bdi></h2>
      ${seconds !== null && html`
        <span class="pill" role="timer" aria-label=${t("polls.time_left")}>
          ${clock(seconds)}</span>`}
    </div>`;
}

/** Send a vote; a second one is answered by the first. */
async function vote(shop, poll, choice, setNote) {
  const guest = shop.token ? {} : { visitor: visitorName() };
  try {
    await shop.send({ type: "vote", poll: poll.poll, choice, ...guest });
    setNote("");
  } catch (refusal) {
    const { session } = shop.state;
    setNote(refusal.code === "expired" ? t("polls.too_late") : sentence(refusal, { session }));
  }
}

/** Whether a poll can be answered here: without a token only where guests may. */
const mayVote = (shop, poll) => Boolean(shop.token) || poll.guests;

/** The keys 1 to 6 vote, unless somebody types or has a sheet open. */
function useKeys(poll, choose, enabled) {
  // Before it is painted: a key that is pressed as soon as the question is seen must count.
  useLayoutEffect(() => {
    if (!enabled || poll.kind === "score") return undefined;
    const onKey = (event) => {
      const place = Number(event.key) - 1;
      const busy = event.ctrlKey || event.metaKey || event.altKey || event.target.closest(TYPED);
      if (busy || document.querySelector("dialog[open]") || !(place in poll.choices)) return;
      choose(place);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  });
}

function Choices({ poll, isNewest }) {
  const shop = useShop();
  const [note, setNote] = useState("");
  const may = mayVote(shop, poll);
  const choose = (choice) => vote(shop, poll, choice, setNote);
  useKeys(poll, choose, isNewest && may);
  const button = (choice, words, image = null) => html`
    <button key=${choice} type="button" disabled=${!may} onClick=${() => choose(choice)}>
      ${image && html`<img src=${image} alt="" loading="lazy" />`} <bdi>${words}</bdi></button>`;
  const choices = poll.kind === "score"
    ? SCORES.map((score) => button(score, String(score)))
    : poll.choices.map(({ label, image }, place) => button(place, label, image));
  return html`
    <div class=${`poll-choices ${poll.kind}`} role="group" aria-label=${poll.question}>
      ${choices}</div>
    <p class="note" role="status">${may ? note : t("polls.needs_link")}</p>`;
}

function Open({ poll, isNewest }) {
  const mine = useShopState(({ votes }) => votes[poll.poll] ?? null);
  const voted = mine !== null;
  return html`
    <article class="poll">
      <${Head} poll=${poll} />
      ${!voted && html`<${Choices} key=${poll.poll} poll=${poll} isNewest=${isNewest} />`}
      ${voted && poll.counts && html`<${Bars} poll=${poll} mine=${mine} />`}
      ${voted && !poll.counts && html`<p>${t("polls.thanks")}</p>`}
      ${(voted || !poll.counts) && html`<${Sum} poll=${poll} />`}
    </article>`;
}

/** Name the winners of a result, or null where nobody has voted. */
function winner(result) {
  const best = winnersOf(result);
  if (best.length === 0) return null;
  const labels = labelsOf(result);
  return listOf(best.map((place) => labels[place]));
}

/** The newest result, for some seconds. */
function Result({ result }) {
  const shop = useShop();
  const shown = useTicked(() => shop.now() < result.closed_ms + RESULT_MS);
  const mine = useShopState(({ votes }) => votes[result.poll] ?? null);
  if (!shown) return null;
  const best = winner(result);
  return html`
    <article class="poll poll-result">
      <h2><bdi>${result.question}</bdi></h2>
      <p><b>${best === null ? t("polls.nobody") : t("polls.winner", { name: best })}</b></p>
      <${Bars} poll=${result} mine=${mine} right=${result.right ?? null} />
      <${Sum} poll=${result} />
    </article>`;
}

/** Say to who cannot see it that a poll was opened, and how it ended; nothing in between. */
function Said({ newest, result }) {
  const [said, setSaid] = useState("");
  useEffect(() => {
    if (newest) setSaid(t("polls.said_open", { question: newest.question }));
  }, [newest?.poll]);
  useEffect(() => {
    if (!result) return;
    const best = winner(result);
    const { question } = result;
    setSaid(best === null ? t("polls.said_nobody", { question })
      : t("polls.said_over", { question, name: best }));
  }, [result?.poll]);
  return html`<p class="unseen" aria-live="polite">${said}</p>`;
}

function Polls() {
  const polls = useShopState(({ session }) => session.polls);
  const result = useShopState(({ session }) => session.poll_result);
  const newest = polls?.at(-1);
  const older = (polls ?? []).slice(0, -1).reverse();
  return html`
    <section class="polls" aria-label=${t("polls.title")}>
      ${newest ? html`<${Open} key=${newest.poll} poll=${newest} isNewest=${true} />`
        : result && html`<${Result} key=${result.poll} result=${result} />`}
      ${older.map((poll) => html`
        <details key=${poll.poll} class="poll-more"><summary><bdi>${poll.question}</bdi></summary>
          <${Open} poll=${poll} isNewest=${false} /></details>`)}
      <${Said} newest=${newest} result=${result} />
    </section>`;
}

/** On a phone a question that can be answered has the card's place; after the vote that is back. */
function hasCardsPlace({ session: { polls }, votes }, shop) {
  const newest = polls?.at(-1);
  return newest !== undefined && mayVote(shop, newest) && !(newest.poll in votes);
}

export const slots = { card: Polls, instead: hasCardsPlace };
