/** The ways to a show: for viewers, for its staff, and to tell others of it. */

import { html, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";

export const watchPath = ({ id }) => `/watch/${encodeURIComponent(id)}`;
export const hostPath = ({ id }) => `/host/${encodeURIComponent(id)}`;

/** A button that copies the viewers' link; where there is no clipboard, it shows the link. */
export function Share({ show }) {
  const [shown, setShown] = useState("");
  const link = location.origin + watchPath(show);
  const share = async () => {
    try {
      await navigator.clipboard.writeText(link);
      setShown(t("lobby.copied"));
    } catch {
      setShown(link);
    }
  };
  return html`
    <button type="button" aria-label=${t("lobby.share_show", { title: show.title })}
      onClick=${share}>${t("lobby.share")}</button>
    <span role="status" class="note shared">${shown}</span>`;
}

/** The link to the console, the next step for its staff. */
export function ConsoleLink({ show, primary = false }) {
  return html`
    <a class=${primary ? "button primary" : "button"} href=${hostPath(show)}
      aria-label=${t("lobby.host_show", { title: show.title })}>${t("lobby.host")}</a>`;
}
