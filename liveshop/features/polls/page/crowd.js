/** The votes of a rehearsal's made-up crowd: each who watches chooses once in every poll. */

import { votesOf } from "./bars.js";

const VOTES = 0.6; // of the seconds
const GUESTS = 0.25; // of the votes, if guests may vote
const SCORES = 11;

/** Return a choice of so many; the lower, the likelier it is, so that one is ahead. */
const among = (size) => Math.floor(Math.random() ** 2 * size);

function* vote(poll, viewers) {
  const voted = votesOf(poll);
  if (voted >= viewers || Math.random() > VOTES) return;
  const choice = poll.kind === "score" ? SCORES - 1 - among(SCORES) : among(poll.choices.length);
  const command = { type: "vote", poll: poll.poll, choice };
  const id = `crowd-${voted}`; // the next of them
  if (poll.guests && Math.random() < GUESTS) yield { command: { ...command, visitor: id } };
  else yield { command, viewer: { id, name: id } };
}

/** Yield the steps of a second: time that ends a poll, and a vote in each open one. */
export function* votes({ polls = [], viewers }, nowMs) {
  if (polls.some(({ ends_at_ms }) => ends_at_ms !== null && ends_at_ms <= nowMs)) {
    yield { command: null };
  }
  for (const poll of polls) yield* vote(poll, viewers);
}
