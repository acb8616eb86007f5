/** The changes that the chat's messages make: lines, pins, its pace, the muted and the banned. */

import { without } from "../../../pages/client/state.js";

const LINES_MAX = 200;

export const initial = { muted: {}, banned: {} };

export const begun = { chat: [], chat_pinned: [] };

const added = (session, { messages }) => {
  const known = new Set(session.chat.map((line) => line.id));
  const fresh = messages.filter((line) => !known.has(line.id));
  return { ...session, chat: [...session.chat, ...fresh].slice(-LINES_MAX) };
};

export const onSession = {
  chat: added,
  "chat.deleted": (s, m) => ({
    ...s,
    chat: without(s.chat, "id", m.id),
    chat_pinned: without(s.chat_pinned, "id", m.id),
  }),
  "chat.pinned": (s, m) => ({ ...s, chat_pinned: [...s.chat_pinned, m.message] }),
  "chat.slowed": (s, m) => ({ ...s, chat_slow_ms: m.interval_ms || undefined }),
  "chat.unpinned": (s, m) => ({ ...s, chat_pinned: without(s.chat_pinned, "id", m.id) }),
};

// One may be banned from the show and from the shop; the key of the latter is no id.
const banKey = ({ viewer_id, everywhere }) => (everywhere ? `\n${viewer_id}` : viewer_id);

export const onState = {
  // Those that hold are told again: one that was lifted meanwhile is not.
  welcome: (s) => ({ ...s, banned: {} }),
  "viewer.banned": (s, m) => ({ ...s, banned: { ...s.banned, [banKey(m)]: m } }),
  "viewer.muted": (s, m) => ({ ...s, muted: { ...s.muted, [m.viewer_id]: m.until_ms } }),
};
