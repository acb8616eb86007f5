/** How a poll stands: a bar for each choice, with its share in words. */

import { html } from "../../../pages/shared/html.js";
import { number, percent, t } from "../../../pages/shared/i18n.js";

/** The words of each choice; those of a score are its numbers. */
export function labelsOf({ kind, choices, counts }) {
  return kind === "score" ? counts.map((_, score) => number(score)) : choices.map((c) => c.label);
}

/** How many have voted, as far as is known. */
export const votesOf = ({ counts, total }) => total ?? counts.reduce((sum, n) => sum + n, 0);

/** The places of the choices with the most votes; none where nobody has voted. */
export function winnersOf({ counts }) {
  const most = Math.max(...counts);
  return most === 0 ? [] : counts.flatMap((n, place) => (n === most ? [place] : []));
}

/** The mean of a score, and its net promoter score: those who gave 9 or 10 less 0 to 6. */
export function scoreOf({ counts }) {
  const all = counts.reduce((sum, n) => sum + n, 0);
  if (all === 0) return null;
  const sum = counts.reduce((total, n, score) => total + n * score, 0);
  const between = (first, last) => counts.slice(first, last + 1).reduce((n, each) => n + each, 0);
  return { mean: sum / all, nps: Math.round(((between(9, 10) - between(0, 6)) / all) * 100) };
}

const classes = (isBest, isMine) => [isBest && "best", isMine && "mine"].filter(Boolean).join(" ");

/** `mine` is the choice of who looks, `right` the right one, if there is one and it is known. */
export function Bars({ poll, mine = null, right = null }) {
  const all = poll.counts.reduce((sum, n) => sum + n, 0);
  const best = winnersOf(poll);
  return html`
    <ul class=${`poll-bars ${poll.kind}`}>
      ${labelsOf(poll).map((label, place) => {
        const share = all === 0 ? 0 : poll.counts[place] / all;
        return html`
          <li key=${place} class=${classes(best.includes(place), place === mine)}>
            <span class="poll-bar" aria-hidden="true" style=${`--share: ${share * 100}%`}></span>
            <span class="poll-label"><bdi>${label}</bdi>
              ${place === mine && html` <span class="note poll-mine">${t("polls.mine")}</span>`}
              ${place === right && html` <b class="good">${t("polls.right")}</b>`}</span>
            <span class="poll-share">
              <span class="poll-percent">${percent(share)}</span>
              ${" "}<span class="note">${number(poll.counts[place])}</span></span>
          </li>`;
      })}
    </ul>`;
}

/** The number of votes, of those how many are guests', and what a score comes to. */
export function Sum({ poll }) {
  const score = poll.kind === "score" && poll.counts ? scoreOf(poll) : null;
  return html`
    <p class="note poll-sum">${t("polls.votes", { n: votesOf(poll) })}
      ${poll.guests > 0 && html` ${t("polls.of_guests", { n: poll.guests })}`}
      ${score && html` ${t("polls.score", {
        mean: Math.round(score.mean * 10) / 10, nps: number(score.nps) })}`}</p>`;
}
