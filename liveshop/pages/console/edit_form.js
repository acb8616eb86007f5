/** The show's title, start, stream and cover: a wrong address is put right while the show runs. */

import { useDesk } from "../shared/desk.js";
import { Form } from "../shared/desk_sheet.js";
import { Field } from "../shared/field.js";
import { html, useRef, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";
import { PictureField } from "../shared/upload.js";

const TITLE_CHARS_MAX = 200;
const URL_CHARS_MAX = 2_000;

/** Return an instant as a form's field wants it, in local time; none is "". */
function localField(atMs) {
  if (atMs === null) return "";
  const local = new Date(atMs - new Date(atMs).getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}

const orNull = ({ value }) => value.trim() || null;

/** The fields that differ from what the form began with. */
function changed(session, { title, starts, stream }, cover) {
  const wanted = { title: title.value.trim(), stream_url: orNull(stream), cover_url: cover,
    ...(starts && starts.value !== localField(session.starts_at_ms)
      && { starts_at_ms: starts.value ? new Date(starts.value).getTime() : null }) };
  return Object.fromEntries(Object.entries(wanted)
    .filter(([name, value]) => value !== (session[name] ?? null)));
}

export function EditForm() {
  const desk = useDesk();
  const now = useShopState((state) => state.session);
  // Else the form would take back what another host changes meanwhile: it still shows what was.
  const [session] = useState(now);
  const before = now.status === "draft" || now.status === "scheduled";
  const [cover, setCover] = useState(session.cover_url ?? null);
  const pending = useRef(0);
  const submit = async (elements) => {
    if (pending.current > 0) throw new Error(t("upload.wait"));
    const fields = changed(session, elements, cover);
    if (Object.keys(fields).length === 0) throw new Error(t("console.edit_same"));
    await desk.send({ type: "session.update", ...fields });
    desk.say(t("console.edited"));
  };
  return html`
    <${Form} title=${t("console.edit_show")} action=${t("console.edit_action")} submit=${submit}>
      <${Field} label=${t("console.edit_title")} name="title" required autofocus
        maxlength=${TITLE_CHARS_MAX} defaultValue=${session.title} />
      ${before && html`
        <${Field} label=${t("console.edit_starts")} name="starts" type="datetime-local"
          defaultValue=${localField(session.starts_at_ms)} />`}
      <${Field} label=${t("console.edit_stream")} name="stream" inputmode="url"
        maxlength=${URL_CHARS_MAX} defaultValue=${session.stream_url ?? ""}
        hint=${t("console.edit_stream_hint")} />
      ${!desk.rehearsal && html`
        <${PictureField} label=${t("console.edit_cover")} hint=${t("console.edit_cover_hint")} wide
          value=${cover} change=${setCover} pending=${pending}
          send=${(...sent) => desk.office.upload(...sent)} />`}
    <//>`;
}
