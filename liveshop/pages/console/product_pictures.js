/** The pictures of a product that is being made, in their order: the first is the one on cards. */

import { useDesk } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { sized } from "../shared/pictures.js";
import { PictureField } from "../shared/upload.js";

const PICTURES_MAX = 8;
const SHOWN_PX = 320;

/** `images` are addresses, `change(update)` takes a function of them; see `PictureField`. */
export function ProductPictures({ images, change, pending }) {
  const desk = useDesk();
  // The same picture twice is the same upload.
  const add = (image) => change((known) => [...new Set([...known, image])].slice(0, PICTURES_MAX));
  return html`
    ${images.length > 0 && html`
      <ol class="pictures" aria-label=${t("console.new_pictures")}>
        ${images.map((image, index) => html`
          <${Picture} key=${image} images=${images} index=${index} change=${change} />`)}
      </ol>`}
    ${images.length < PICTURES_MAX && html`
      <${PictureField} value=${null} change=${add} pending=${pending}
        label=${images.length === 0 ? t("console.new_picture") : t("console.new_picture_more")}
        hint=${t("console.new_pictures_hint", { n: PICTURES_MAX })}
        send=${(...sent) => desk.office.upload(...sent)} />`}`;
}

function Picture({ images, index, change }) {
  const n = index + 1;
  const last = images.length - 1;
  const others = (known) => known.filter((each) => each !== images[index]);
  const move = (to) => () =>
    to >= 0 && to <= last && change((known) => others(known).toSpliced(to, 0, images[index]));
  return html`
    <li class="picture">
      <img src=${sized(images[index], SHOWN_PX)} alt=${t("console.picture_n", { n })} />
      <span class="buttons">
        <button type="button" class="small" aria-disabled=${index === 0}
          aria-label=${t("console.picture_earlier", { n })} onClick=${move(index - 1)}>
          <span class="mirrored" aria-hidden="true">←</span></button>
        <button type="button" class="small" aria-disabled=${index === last}
          aria-label=${t("console.picture_later", { n })} onClick=${move(index + 1)}>
          <span class="mirrored" aria-hidden="true">→</span></button>
        <button type="button" class="small" aria-label=${t("console.picture_remove", { n })}
          onClick=${() => change(others)}>×</button>
      </span>
    </li>`;
}
