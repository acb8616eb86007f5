/** The changes that the polls' messages make: what is open, how it stands, and one's own votes. */

import { without } from "../../../pages/client/state.js";

export const initial = { votes: {} };

export const begun = { polls: [] };

const none = ({ choices, kind }) => new Array(kind === "score" ? 11 : choices.length).fill(0);

/** Return a poll with a gauge: the count of each choice, or how many have voted. */
const tallied = (poll, gauge) =>
  (typeof gauge === "number" ? { ...poll, total: gauge } : { ...poll, counts: gauge });

function opened(session, { poll, question, choices, kind, show, ends_at_ms, guests }) {
  const made = { poll, question, choices, kind, show, ends_at_ms, guests };
  const polls = without(session.polls ?? [], "poll", poll);
  return { ...session, polls: [...polls, tallied(made, show === "end" ? 0 : none(made))] };
}

/** The newest result stays in `poll_result`, with the question that it answers. */
function closed(session, { poll, counts, total, guests, right, at_ms }) {
  const polls = session.polls ?? [];
  const about = polls.find((each) => each.poll === poll);
  const kept = { ...session, polls: without(polls, "poll", poll) };
  if (!about) return kept;
  return { ...kept, poll_result: { ...about, counts, total, guests, right, closed_ms: at_ms } };
}

function counted(session, { polls: gauges }) {
  if (!gauges || !session.polls) return session;
  const polls = session.polls.map((each) =>
    (each.poll in gauges ? tallied(each, gauges[each.poll]) : each));
  return { ...session, polls };
}

export const onSession = { "poll.opened": opened, "poll.closed": closed, pulse: counted };

export const onState = {
  welcome: (state, { votes = {} }) => ({ ...state, votes }),
  voted: (state, { poll, choice }) => ({ ...state, votes: { ...state.votes, [poll]: choice } }),
};

export const hide = {
  "poll.opened": (session, { poll }) =>
    ({ ...session, polls: without(session.polls ?? [], "poll", poll) }),
};
