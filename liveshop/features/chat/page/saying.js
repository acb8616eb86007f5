/** The messages that this viewer is just saying: shown at once, until the server tells them. */

import { uuid } from "../../../pages/client/uuid.js";

const LINES_MAX = 5;
const listeners = new Set();
let saying = [];
let joined = { chat: [], saying: [], lines: [] };

function change(next) {
  saying = next.slice(-LINES_MAX);
  for (const listener of listeners) listener();
}

/** Call `listener` after each change of what is on its way; returns what ends it. */
export function onSaying(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Say something; rejects with the refusal, after which it is no longer shown. */
export async function say(shop, text) {
  const line = { id: uuid(), viewer: shop.state.viewer, text, at_ms: shop.now(), told: null };
  const others = () => saying.filter(({ id }) => id !== line.id);
  change([...saying, line]);
  try {
    const { id } = await shop.say(text);
    change([...others(), { ...line, told: id }]);
  } catch (refusal) {
    change(others());
    throw refusal;
  }
}

/** Return what was said and what is on its way; the same list while both are the same. */
export function said({ session: { chat } }) {
  if (saying.length === 0) return chat;
  if (joined.chat !== chat || joined.saying !== saying) {
    const waits = ({ told }) => !told || !chat.some(({ id }) => id === told);
    joined = { chat, saying, lines: [...chat, ...saying.filter(waits)] };
  }
  return joined.lines;
}
