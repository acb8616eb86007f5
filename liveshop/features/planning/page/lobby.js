/** For hosts, with each show of the first page: plan it once more, or for every week. */

import { uuid } from "../../../pages/client/uuid.js";
import { askJson } from "../../../pages/shared/api.js";
import { Dialog } from "../../../pages/shared/dialog.js";
import { Field } from "../../../pages/shared/field.js";
import { html, useRef, useState } from "../../../pages/shared/html.js";
import { dayAndTime, t } from "../../../pages/shared/i18n.js";
import { COPIES_MAX, SHOWS_DEFAULT, Weeks, localField, planWeeks, weeks, zone } from "./weeks.js";

const TITLE_CHARS_MAX = 200;
const WEEK_MS = 7 * 86_400_000;

const instant = (field) => new Date(field.value).getTime();

/** A form about a show: `wanted(elements)` is what to ask for at `path`. */
function Asking({ session, token, path, wanted, answered, action, children }) {
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  const asking = useRef(false); // a second click may come before the button is drawn as busy
  const ask = async (event) => {
    event.preventDefault();
    if (asking.current) return;
    asking.current = true;
    setBusy(true);
    setProblem("");
    try {
      const body = wanted(event.target.elements);
      const at = `/api/sessions/${encodeURIComponent(session.id)}/${path}`;
      answered(await askJson("POST", at, { token, body }));
    } catch ({ message }) {
      setProblem(t("planning.refused", { reason: message }));
    }
    asking.current = false;
    setBusy(false);
  };
  return html`
    <form onSubmit=${ask}>
      ${children}
      <p role="alert" class="problem">${problem}</p>
      <button class="primary" aria-disabled=${busy}>${action}</button>
    </form>`;
}

function UnitsField({ checked }) {
  return html`
    <label class="check"><input type="checkbox" name="units" defaultChecked=${checked} />
      <span>${t("planning.units")}</span></label>`;
}

const units = (elements) => elements.units.checked ? "copy" : "none";

function Clone({ session, token, done }) {
  const id = useRef(uuid()); // of this form: sent again, it is the same copy
  const wanted = (elements) => ({
    session_id: id.current,
    title: elements.title.value.trim(),
    units: units(elements),
    ...(elements.starts.value && { starts_at_ms: instant(elements.starts) }),
  });
  return html`
    <${Asking} session=${session} token=${token} path="clone" wanted=${wanted}
      answered=${(copy) => done([copy])} action=${t("planning.clone_action")}>
      <${Field} label=${t("planning.title")} name="title" required autofocus
        maxlength=${TITLE_CHARS_MAX} defaultValue=${session.title} />
      <${Field} label=${t("planning.starts")} name="starts" type="datetime-local"
        hint=${t("planning.starts_hint", { zone: zone() })} />
      <${UnitsField} checked />
    <//>`;
}

function Weekly({ session, token, done }) {
  const { starts_at_ms } = session;
  const first = starts_at_ms === null ? "" : localField(starts_at_ms + WEEK_MS);
  const wanted = (elements) => ({
    ...weeks(Number(elements.count.value)),
    starts_at_ms: instant(elements.starts),
    units: units(elements),
  });
  return html`
    <${Asking} session=${session} token=${token} path="repeat" wanted=${wanted}
      answered=${({ sessions }) => done(sessions)} action=${t("planning.weekly_action")}>
      <${Field} label=${t("planning.first")} name="starts" type="datetime-local" required autofocus
        defaultValue=${first} hint=${t("planning.zone", { zone: zone() })} />
      <${Field} label=${t("planning.count")} name="count" type="number" required min="1"
        max=${COPIES_MAX} defaultValue=${SHOWS_DEFAULT} />
      <${UnitsField} />
    <//>`;
}

/** The shows that were planned, each with the way to its console. */
function Planned({ shows }) {
  return html`
    <ul class="planned">${shows.map(({ id, title, starts_at_ms, units }) => html`
      <li key=${id}>
        <a href=${`/host/${encodeURIComponent(id)}`}><bdi>${title}</bdi></a>
        <span class="note"> ${starts_at_ms !== null && dayAndTime(starts_at_ms)}
          ${units.filter(({ asked, got }) => got < asked).map(({ sku, asked, got }) => html`
            <br />${t("planning.short", { sku, asked, got })}`)}</span>
      </li>`)}</ul>`;
}

const FORMS = {
  clone: { key: "planning.clone_show", Content: Clone },
  weekly: { key: "planning.weekly_show", Content: Weekly },
};

/** The form that is open over the page, and then what came of it. */
function Over({ name, session, token, close, again }) {
  const [shows, setShows] = useState(null);
  const { key, Content } = FORMS[name];
  const end = () => {
    close();
    if (shows !== null) again();
  };
  return html`
    <${Dialog} title=${t(key, { title: session.title })} onClose=${end}>
      ${shows === null && html`
        <${Content} session=${session} token=${token} done=${setShows} />`}
      <div role="status">${shows && html`
        <p>${t("planning.done", { n: shows.length })}</p><${Planned} shows=${shows} />`}</div>
    <//>`;
}

function Planning({ session, token, again }) {
  const [open, setOpen] = useState(null);
  const { title } = session;
  return html`
    <button type="button" class="quiet" aria-label=${t("planning.clone_show", { title })}
      onClick=${() => setOpen("clone")}>${t("planning.clone")}</button>
    <button type="button" class="quiet" aria-label=${t("planning.weekly_show", { title })}
      onClick=${() => setOpen("weekly")}>${t("planning.weekly")}</button>
    ${open && html`
      <${Over} name=${open} session=${session} token=${token} again=${again}
        close=${() => setOpen(null)} />`}`;
}

export const slots = { show: Planning, plan: { Fields: Weeks, planned: planWeeks } };
