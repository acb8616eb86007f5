/**
 * The marks of a line: the role of the staff, as a word and a sign, so that no name can look like
 * it; and the message that the line answers, by its name and the start of its text.
 */

import { html } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { Icon } from "../../../pages/shared/icon.js";
import { useShopState } from "../../../pages/shared/shop.js";

const BADGES = {
  moderator: { icon: "shield", key: "chat.role.moderator" },
  host: { icon: "star", key: "chat.role.host" },
  admin: { icon: "star", key: "chat.role.admin" },
};
const START_CHARS = 60;
const RANKS = ["viewer", ...Object.keys(BADGES)];

/** Whether somebody has a lower role than another; viewers have none in the chat. */
export const isBelow = (one, other) =>
  RANKS.indexOf(one.role ?? "viewer") < RANKS.indexOf(other.role ?? "viewer");

export function Badge({ viewer }) {
  const badge = BADGES[viewer.role];
  return badge && html`
    <span class="badge" data-role=${viewer.role}><${Icon} name=${badge.icon} filled />${" "}
      ${t(badge.key)}</span>${" "}`;
}

function startOf(text) {
  const chars = [...text];
  return chars.length > START_CHARS ? `${chars.slice(0, START_CHARS).join("")}…` : text;
}

function Answered({ id }) {
  const answered = useShopState(({ session }) =>
    [...session.chat, ...session.chat_pinned].find((line) => line.id === id) ?? null);
  if (answered === null) return null; // it was deleted, or is too old
  const { viewer, text } = answered;
  return html`
    <span class="note"><span aria-hidden="true">↩</span><span class="unseen">${t("chat.reply_to")}
      </span> <bdi>${viewer.name || viewer.id}</bdi>: <bdi>${startOf(text)}</bdi></span>${" "}`;
}

export const replyOf = ({ reply_to }) => reply_to && html`<${Answered} id=${reply_to} />`;
