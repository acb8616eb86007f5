/** A show that is planned comes every week: at the same local time, so many times. */

import { askJson } from "../../../pages/shared/api.js";
import { Field } from "../../../pages/shared/field.js";
import { html, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";

export const COPIES_MAX = 52;
export const SHOWS_DEFAULT = 4;

export const zone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** Return an instant as a form's field wants it: the local time. */
export function localField(atMs) {
  const local = new Date(atMs);
  return new Date(atMs - local.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** The body of a request for so many shows, a week apart. */
export const weeks = (count) => ({ every: "week", count, time_zone: zone() });

/** The fields in the form that plans a show. */
export function Weeks() {
  const [every, setEvery] = useState(false);
  const choose = ({ target }) => {
    target.form.elements.starts.required = target.checked; // a week after what?
    setEvery(target.checked);
  };
  return html`
    <fieldset class="weeks"><legend class="unseen">${t("planning.weekly_legend")}</legend>
      <label class="check"><input type="checkbox" name="every" checked=${every}
          onChange=${choose} />
        <span>${t("planning.every_week")}</span></label>
      ${every && html`
        <${Field} label=${t("planning.count")} name="shows" type="number" required min="2"
          max=${COPIES_MAX + 1} defaultValue=${SHOWS_DEFAULT} hint=${t("planning.every_hint")} />`}
    </fieldset>`;
}

/** Plan the weeks after a show that was planned just now, if its form says so. */
export async function planWeeks({ id }, { every, shows }, token) {
  if (!every.checked) return;
  const body = weeks(Number(shows.value) - 1); // the first is there
  await askJson("POST", `/api/sessions/${encodeURIComponent(id)}/repeat`, { token, body });
}
