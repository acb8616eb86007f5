/** One glance: whose show it is, on air or not, how many watch; one line, whatever the numbers. */

import { readBrand } from "../shared/brand.js";
import { html } from "../shared/html.js";
import { short, t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { sized } from "../shared/pictures.js";
import { useShopState } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import { statusWord } from "../shared/words.js";
import { Share } from "./share.js";

const brand = readBrand();
const COUNTED = new Set(["live", "paused"]);

function Avatar() {
  const { logo, name } = brand;
  const picture = logo && sized(logo, 320);
  if (picture) return html`<img class="avatar" src=${picture} alt="" width="36" height="36" />`;
  return name && html`<span class="avatar" aria-hidden="true">${[...name][0]}</span>`;
}

/** The shop and its show; a tap opens what there is to know and to set. Without `open` no tap. */
export function Pill({ title, open }) {
  return html`
    <div class="brand-pill glass">
      <${Avatar} />
      <div class="brand-words">
        ${brand.name && html`<p class="brand-name one-line">${brand.name}</p>`}
        <h1 class="one-line">${title}</h1>
      </div>
      ${open && html`<button type="button" class="cover" aria-label=${t("about.open")}
        onClick=${() => open("about")}></button>`}
    </div>`;
}

function Viewers() {
  const viewers = useShopState(({ session }) => session.viewers);
  return html`
    <span class="tag glass" aria-label=${t("viewers.watching", { n: viewers })} role="img">
      <span aria-hidden="true">${short(viewers)}</span></span>`;
}

/** Browsers start no sound unasked; `sound` is null where there is no video. */
function Sound({ sound }) {
  const { muted, toggle } = sound;
  return html`
    <button type="button" class="round glass" aria-label=${t("stage.sound_on")}
      aria-pressed=${!muted} onClick=${toggle}>
      <${Icon} name=${muted ? "mute" : "loud"} /></button>`;
}

/** `hasRoom` is false on a phone: then sharing is next to the chat, and counts are left out. */
export function TopBar({ open, sound, hasRoom }) {
  const status = useShopState(({ session }) => session.status);
  const title = useShopState(({ session }) => session.title);
  return html`
    <header class="top-bar">
      <${Pill} title=${title} open=${open} />
      <span class=${`tag status ${status}`}>${statusWord(status)}</span>
      ${COUNTED.has(status) && html`<${Viewers} />`}
      ${hasRoom && html`<${Slot} place="top" /><${Share} />`}
      ${sound && html`<${Sound} sound=${sound} />`}
    </header>`;
}
