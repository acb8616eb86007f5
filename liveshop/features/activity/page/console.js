/** The activity log of a show in the console: a button at the top, and a sheet with a table. */

import { useDesk } from "../../../pages/shared/desk.js";
import { Sheet } from "../../../pages/shared/desk_sheet.js";
import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { dayAndTime, t } from "../../../pages/shared/i18n.js";

function Open() {
  const desk = useDesk();
  if (!desk.isHost || desk.rehearsal) return null;
  return html`<button type="button" class="quiet" onClick=${() => desk.open("activity")}>
    ${t("activity.title")}</button>`;
}

function Activity() {
  const desk = useDesk();
  const [page, setPage] = useState({ entries: [], next: null });
  const [problem, setProblem] = useState(null);
  const more = async (after) => {
    try {
      const { entries, next } = await desk.office.list("activity", after);
      setPage((page) => ({ entries: [...page.entries, ...entries], next }));
    } catch (fault) {
      setProblem(desk.explain(fault));
    }
  };
  useEffect(() => { more(null); }, []);
  return html`
    <${Sheet} title=${t("activity.title")} wide>
      <p class="note">${t("activity.note")}</p>
      <p class="problem" role="alert">${problem}</p>
      <${Table} entries=${page.entries} />
      <div class="buttons end">
        ${page.next !== null && html`
          <button type="button" onClick=${() => more(page.next)}>${t("activity.more")}</button>`}
        <button type="button" autofocus onClick=${() => desk.closeDialog()}>
          ${t("console.close")}</button>
      </div>
    <//>`;
}

function Table({ entries }) {
  const columns = [
    t("activity.when"), t("activity.who"), t("activity.what"), t("activity.outcome"),
    t("activity.where"),
  ];
  return html`
    <div class="scroll" tabindex="0" role="region" aria-label=${t("activity.title")}>
      <table class="activity">
        <thead><tr>
          ${columns.map((word) => html`<th key=${word} scope="col">${word}</th>`)}
        </tr></thead>
        <tbody>${entries.map((entry) => html`<${Line} key=${entry.number} ...${entry} />`)}</tbody>
      </table>
    </div>`;
}

function Line({ at_ms, name, subject, role, action, object, outcome, address }) {
  const words = outcome === "ok" ? t("activity.ok") : t("activity.refused", { code: outcome });
  return html`
    <tr>
      <td>${dayAndTime(at_ms)}</td>
      <th scope="row"><bdi>${name}</bdi>
        <span class="note"> <bdi>${subject}</bdi> · ${role}</span></th>
      <td><code>${action}</code> <bdi>${object}</bdi></td>
      <td>${words}</td>
      <td><bdi>${address ?? "–"}</bdi></td>
    </tr>`;
}

export const slots = { menu: Open, dialog: { kind: "activity", Content: Activity } };
