/** The form of a new poll; the last three that were asked can be asked again. */

import { useDesk } from "../../../pages/shared/desk.js";
import { Form } from "../../../pages/shared/desk_sheet.js";
import { Field } from "../../../pages/shared/field.js";
import { NumberField, whole } from "../../../pages/shared/fields.js";
import { html, useEffect, useRef, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";

const PLACE = "liveshop:last-polls";
const LAST_MAX = 3;
const CHOICES_MAX = 6;
const SHOWN_MIN = 2;
const NO_CHOICES = new Array(CHOICES_MAX).fill(0).map(() => ({ label: "", product: "" }));
const FIRST = {
  question: "", kind: "choice", choices: NO_CHOICES, seconds: "60", show: "live", right: "",
  guests: false,
};

function remembered() {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? "[]");
  } catch {
    return [];
  }
}

function remember(form) {
  const others = remembered().filter(({ question }) => question !== form.question);
  try {
    localStorage.setItem(PLACE, JSON.stringify([form, ...others].slice(0, LAST_MAX)));
  } catch {
    // It is only a convenience.
  }
}

/** The command that a form says; a product that has left the shelf is none any longer. */
export function commandOf(form, shelf) {
  const seconds = whole(form.seconds);
  const common = {
    type: "poll.open", question: form.question.trim(), show: form.show,
    ...(seconds && { duration_ms: seconds * 1000 }), ...(form.guests && { guests: true }),
  };
  if (form.kind === "score") return { ...common, kind: "score" };
  const given = form.choices.filter(({ label }) => label.trim() !== "");
  const choices = given.map(({ label, product }) => {
    const known = shelf.some(({ product_id }) => product_id === product);
    return { label: label.trim(), ...(known && { product_id: product }) };
  });
  const right = given.indexOf(form.choices[form.right]);
  return { ...common, choices, ...(right >= 0 && { right }) };
}

/** How many choices a form shows before somebody wants another: those that it has, and two. */
const used = ({ choices }) =>
  Math.max(SHOWN_MIN, choices.findLastIndex(({ label }) => label.trim() !== "") + 1);

function Choice({ place, choice, shelf, put, isAdded }) {
  const n = place + 1;
  const box = useRef(null);
  useEffect(() => {
    if (isAdded) box.current.querySelector("input").focus();
  }, []);
  return html`
    <div class="pair poll-choice" ref=${box}>
      <${Field} label=${t("polls.form.choice", { n })} maxlength="40" required=${place < SHOWN_MIN}
        placeholder=${place > 0 ? t("polls.form.choice", { n }) : ""}
        value=${choice.label} onInput=${put("label")} />
      <label class="field"><span>${t("polls.form.product", { n })}</span>
        <select value=${choice.product} onChange=${put("product")}>
          <option value="">${t("polls.form.no_product")}</option>
          ${shelf.map(({ product_id, title }) => html`
            <option key=${product_id} value=${product_id}>${title}</option>`)}
        </select></label>
    </div>`;
}

function Select({ label, value, onChange, options }) {
  return html`
    <label class="field"><span>${label}</span>
      <select value=${value} onChange=${onChange}>
        ${options.map(([name, words]) => html`<option key=${name} value=${name}>${words}</option>`)}
      </select></label>`;
}

function Choices({ form, setForm, shelf }) {
  const [added, setAdded] = useState(0);
  const shown = Math.max(used(form), added);
  const put = (place) => (name) => ({ target }) => setForm((now) => ({
    ...now, choices: now.choices.map((each, at) =>
      (at === place ? { ...each, [name]: target.value } : each)),
  }));
  return html`
    ${form.choices.slice(0, shown).map((choice, place) => html`
      <${Choice} key=${place} place=${place} choice=${choice} shelf=${shelf}
        put=${put(place)} isAdded=${place + 1 === added} />`)}
    ${shown < CHOICES_MAX && html`
      <button type="button" class="quiet poll-add" onClick=${() => setAdded(shown + 1)}>
        ${t("polls.form.add")}</button>`}`;
}

function Right({ form, put }) {
  const rights = form.choices.flatMap(({ label }, place) =>
    (label.trim() === "" ? [] : [[String(place), label]]));
  return html`
    <${Select} label=${t("polls.form.right")} value=${form.right} onChange=${put("right")}
      options=${[["", t("polls.form.no_right")], ...rights]} />`;
}

export function PollForm() {
  const desk = useDesk();
  const shelf = useShopState(({ session }) => session.shelf);
  const [last] = useState(remembered);
  const [form, setForm] = useState(FIRST);
  const put = (name) => ({ target }) => setForm((now) => ({ ...now, [name]: target.value }));
  const submit = async () => {
    await desk.send(commandOf(form, shelf));
    remember(form);
  };
  return html`
    <${Form} title=${t("polls.form.title")} action=${t("polls.form.open")} submit=${submit}>
      ${last.length > 0 && html`
        <p class="poll-last">${t("polls.form.again")} ${last.map((each) => html`
          <button key=${each.question} type="button" class="quiet"
            onClick=${() => setForm({ ...FIRST, ...each })}><bdi>${each.question}</bdi></button>`)}
        </p>`}
      <${Field} label=${t("polls.form.question")} maxlength="120" required autofocus
        value=${form.question} onInput=${put("question")} />
      <div class="pair">
        <${Select} label=${t("polls.form.kind")} value=${form.kind} onChange=${put("kind")}
          options=${["choice", "score"].map((kind) => [kind, t(`polls.form.kind_${kind}`)])} />
        ${form.kind === "choice" && html`<${Right} form=${form} put=${put} />`}
      </div>
      ${form.kind === "choice" && html`
        <${Choices} form=${form} setForm=${setForm} shelf=${shelf} />`}
      <div class="pair">
        <${NumberField} label=${t("polls.form.seconds")} min="5" max="3600" value=${form.seconds}
          onInput=${put("seconds")} hint=${t("polls.form.seconds_hint")} />
        <${Select} label=${t("polls.form.show")} value=${form.show} onChange=${put("show")}
          options=${["live", "voted", "end"].map((show) => [show, t(`polls.form.show_${show}`)])} />
      </div>
      <label class="choice"><input type="checkbox" checked=${form.guests}
        onChange=${({ target }) => setForm((now) => ({ ...now, guests: target.checked }))} />
        <span>${t("polls.form.guests")}</span></label>
    <//>`;
}
