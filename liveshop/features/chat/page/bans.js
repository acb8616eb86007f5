/** The viewers whom the show keeps out, and the buttons that ban and let in again. */

import { Action } from "../../../pages/shared/action.js";
import { useDesk } from "../../../pages/shared/desk.js";
import { html } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { useShop, useShopState, useTick } from "../../../pages/shared/shop.js";

const command = (type, viewerId, everywhere) =>
  ({ type, viewer_id: viewerId, ...(everywhere && { everywhere }) });

/** Buttons in the actions on a message; a rehearsal has nobody to ban. */
export function BanActions({ viewer, name }) {
  const desk = useDesk();
  if (desk.rehearsal) return null;
  const ban = (everywhere) => () => desk.run(
    command("viewer.ban", viewer.id, everywhere),
    { said: t("chat.console.banned_said", { name }),
      undo: command("viewer.unban", viewer.id, everywhere) });
  return html`
    <${Action} does=${`viewer.ban:${viewer.id}`} words=${t("chat.console.ban")}
      label=${t("chat.console.ban_name", { name })} onAct=${ban(false)} />
    ${desk.isHost && desk.isEverywhere && html`
      <${Action} does=${`viewer.ban:${viewer.id}`} words=${t("chat.console.ban_all")}
        label=${t("chat.console.ban_all_name", { name })} onAct=${ban(true)} />`}`;
}

export function Banned() {
  useTick();
  const desk = useDesk();
  const shop = useShop();
  const banned = useShopState((state) => state.banned);
  const held = Object.entries(banned)
    .filter(([, { until_ms }]) => until_ms === null || until_ms > shop.now());
  if (held.length === 0) return null;
  return html`
    <details class="banned">
      <summary>${t("chat.console.banned", { n: held.length })}</summary>
      <ul class="chat-pinned" aria-label=${t("chat.console.banned_list")}>
        ${held.map(([key, { viewer_id, name, everywhere }]) => html`
          <li key=${key}>
            <bdi>${name ?? viewer_id}</bdi>${" "}
            ${everywhere && html`<span class="note">${t("chat.console.banned_all")}</span>`}${" "}
            ${(!everywhere || (desk.isHost && desk.isEverywhere)) && html`
              <${Action} does=${`viewer.unban:${viewer_id}`} words=${t("chat.console.unban")}
                label=${t("chat.console.unban_name", { name: name ?? viewer_id })}
                onAct=${() => desk.run(command("viewer.unban", viewer_id, everywhere))} />`}
          </li>`)}
      </ul>
    </details>`;
}
