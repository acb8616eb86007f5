/** The brand of a shop on the first page: its host sets it, and sees what viewers will see. */

import { askJson } from "../../../pages/shared/api.js";
import { learnBrand } from "../../../pages/shared/known_brand.js";
import { Field } from "../../../pages/shared/field.js";
import { html, useEffect, useRef, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { Slot } from "../../../pages/shared/slots.js";
import { PictureField, uploadPicture } from "../../../pages/shared/upload.js";
import { ColourField, useColours } from "./colour.js";
import { Preview } from "./preview.js";

const PATH = "/api/brand";
const NAME_CHARS_MAX = 64;
const FONT_CHARS_MAX = 100;
const FIELDS = [
  "name", "logo", "colour", "font", "cover", "favicon", "share_picture", "sign_in_url",
];
const FONTS = [
  "Georgia, serif", "Palatino, serif", "Avenir Next, sans-serif", "Verdana, sans-serif",
  "Courier New, monospace",
];

/** The part of the server's answer that a host may change. */
const changeable = (view) => Object.fromEntries(FIELDS.map((field) => [field, view[field]]));

function Brand({ token }) {
  const [brand, setBrand] = useState(null);
  const [problem, setProblem] = useState("");
  const read = async () => {
    setProblem("");
    try {
      setBrand(changeable(await askJson("GET", PATH, { token })));
    } catch ({ message }) {
      setProblem(t("brand.unread", { reason: message }));
    }
  };
  useEffect(() => {
    read();
  }, []);
  if (brand === null) {
    return html`
      <p role="alert">${problem}</p>
      ${problem && html`<button type="button" onClick=${read}>${t("lobby.again")}</button>`}`;
  }
  const change = (field) => (value) => setBrand((known) => ({ ...known, [field]: value }));
  return html`
    <div class="brand">
      <${BrandForm} brand=${brand} change=${change} token=${token} />
      <${Previews} brand=${brand} />
    </div>
    <${Slot} place="brand" token=${token} />`;
}

/** Saves a brand: `submit` is for its form, `said` what came of it. */
function useSaving({ brand, token, pending }) {
  const [busy, setBusy] = useState(false);
  const [said, setSaid] = useState({ done: "", problem: "" });
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    if (pending.current > 0) return setSaid({ done: "", problem: t("upload.wait") });
    setBusy(true);
    try {
      learnBrand(await askJson("PUT", PATH, { token, body: brand }));
      setSaid({ done: t("brand.saved"), problem: "" });
    } catch ({ message }) {
      setSaid({ done: "", problem: t("brand.refused", { reason: message }) });
    }
    setBusy(false);
  };
  return { busy, said, submit };
}

/** `change(field)` is told what a field is now; empty is null, as without a brand. */
function BrandForm({ brand, change, token }) {
  const pending = useRef(0);
  const { busy, said, submit } = useSaving({ brand, token, pending });
  const typed = (field) => ({
    value: brand[field] ?? "",
    onInput: ({ target }) => change(field)(target.value.trim() === "" ? null : target.value),
  });
  const picture = (field) => ({
    value: brand[field],
    change: change(field),
    send: (file, progress, signal) => uploadPicture(file, token, progress, signal),
    pending,
  });
  return html`
    <form class="panel" onSubmit=${submit}>
      <${Field} label=${t("brand.name")} maxlength=${NAME_CHARS_MAX} ...${typed("name")} />
      <${ColourField} value=${brand.colour} change=${change("colour")} />
      <${Field} label=${t("brand.font")} hint=${t("brand.font_hint")} list="brand-fonts"
        maxlength=${FONT_CHARS_MAX} ...${typed("font")} />
      <datalist id="brand-fonts">
        ${FONTS.map((font) => html`<option key=${font} value=${font} />`)}</datalist>
      <${PictureField} label=${t("brand.logo")} hint=${t("brand.logo_hint")}
        ...${picture("logo")} />
      <${PictureField} label=${t("brand.cover")} hint=${t("brand.cover_hint")} wide
        ...${picture("cover")} />
      <${PictureField} label=${t("brand.favicon")} hint=${t("brand.favicon_hint")}
        ...${picture("favicon")} />
      <${PictureField} label=${t("brand.share_picture")} hint=${t("brand.share_picture_hint")} wide
        ...${picture("share_picture")} />
      <${Field} label=${t("brand.sign_in_url")} hint=${t("brand.sign_in_url_hint")} type="url"
        ...${typed("sign_in_url")} />
      <p class="problem" role="alert">${said.problem}</p>
      <div class="row-head">
        <span role="status">${said.done}</span>
        <button class="primary" aria-disabled=${busy}>${t("brand.save")}</button>
      </div>
    </form>`;
}

function Previews({ brand }) {
  const colours = useColours(brand.colour);
  return html`
    <section class="previews" aria-label=${t("brand.preview")}>
      <h2>${t("brand.preview")}</h2>
      <div class="preview-pair">
        <${Preview} theme="light" brand=${brand} colours=${colours?.light} />
        <${Preview} theme="dark" brand=${brand} colours=${colours?.dark} />
      </div>
    </section>`;
}

export const slots = { section: { name: "brand", key: "brand.title", Content: Brand } };
