/** The role of the staff with what it says, as a word and a sign: no name can look like it. */

import { html } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { Icon } from "../../../pages/shared/icon.js";

const BADGES = {
  moderator: { icon: "shield", key: "chat.role.moderator" },
  host: { icon: "star", key: "chat.role.host" },
  admin: { icon: "star", key: "chat.role.admin" },
};
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
