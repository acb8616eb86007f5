/** The changes that the chat's messages make: lines, pins, its pace, and the people muted. */

import { without } from "../../../pages/client/state.js";

const LINES_MAX = 200;

export const initial = { muted: {} };

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

export const onState = {
  "viewer.muted": (s, m) => ({ ...s, muted: { ...s.muted, [m.viewer_id]: m.until_ms } }),
};
