/** The pictures of a product: swiped, stepped through by buttons or arrow keys, one at a time. */

import { html, useRef, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { Icon } from "../shared/icon.js";
import { screenSized } from "../shared/pictures.js";

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Which picture is in sight, and how to bring another one there; `list` scrolls to the side. */
function usePlace(list, count) {
  const [place, setPlace] = useState(0);
  const onScroll = () => {
    const { scrollLeft, clientWidth } = list.current;
    setPlace(Math.round(Math.abs(scrollLeft) / clientWidth));
  };
  const show = (wanted) => {
    const next = Math.min(Math.max(wanted, 0), count - 1);
    const side = getComputedStyle(list.current).direction === "rtl" ? -1 : 1;
    const left = side * next * list.current.clientWidth;
    list.current.scrollTo({ left, behavior: still.matches ? "instant" : "smooth" });
    setPlace(next);
  };
  return { place, show, onScroll };
}

function Picture({ image, alt, isFirst }) {
  return html`
    <li><img src=${screenSized(image)} alt=${alt} width="400" height="500"
      loading=${isFirst ? "eager" : "lazy"} /></li>`;
}

function Step({ label, kind, icon, stop, onStep }) {
  return html`
    <button type="button" class=${`round glass ${kind}`} aria-label=${label} aria-disabled=${stop}
      onClick=${() => stop || onStep()}><${Icon} name=${icon} /></button>`;
}

/** `images` are the addresses in their order; a single one is no list and has no buttons. */
export function Gallery({ images, title }) {
  const list = useRef(null);
  const { place, show, onScroll } = usePlace(list, images.length);
  const count = images.length;
  const several = count > 1;
  return html`
    <div class="gallery" role="group" aria-label=${t("gallery.title", { title })}>
      <ul ref=${list} onScroll=${onScroll} tabindex=${several ? 0 : undefined}
        aria-label=${t("gallery.pictures")}>
        ${images.map((image, at) => html`
          <${Picture} key=${image} image=${image} isFirst=${at === 0}
            alt=${several ? t("gallery.picture", { n: at + 1, count }) : ""} />`)}
      </ul>
      ${several && html`
        <${Step} label=${t("gallery.back")} kind="back" icon="back" stop=${place === 0}
          onStep=${() => show(place - 1)} />
        <${Step} label=${t("gallery.next")} kind="next" icon="next" stop=${place === count - 1}
          onStep=${() => show(place + 1)} />
        <span class="tag glass gallery-place" aria-hidden="true">${place + 1} / ${count}</span>`}
    </div>`;
}
