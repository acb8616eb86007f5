/** The viewers' picture with its sound and speed, and their card when they have it. */

import { useDesk, useDeskState } from "../shared/desk.js";
import { html, useEffect, useRef, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShop, useShopState } from "../shared/shop.js";
import { NOTHING, play } from "./preview_stream.js";
import { ViewersCard } from "./viewers_card.js";

const LAMPS = [1, 2, 3, 4, 5];

/** Let the other parts know that the stream was seen, and how far behind it is. */
function tellDesk(desk, { playing, delayMs }) {
  const delayS = Math.round(delayMs / 1000);
  if (playing && desk.state.stream?.delayS !== delayS) desk.change({ stream: { delayS } });
}

export function Preview() {
  const desk = useDesk();
  const shop = useShop();
  const address = useShopState(({ session }) => session.stream_url);
  const title = t("console.preview");
  const screen = useRef(null);
  const video = useRef(null);
  const [seen, setSeen] = useState(NOTHING);
  useEffect(() => {
    if (address === null) return undefined;
    const stop = play(video.current, address, () => shop.now(), (measured) => {
      setSeen(measured);
      tellDesk(desk, measured);
    });
    return () => {
      stop();
      setSeen(NOTHING);
      desk.change({ stream: null });
    };
  }, [address]);
  return html`
    <section class="preview panel" aria-label=${title}>
      <div class="row-head"><h2>${title}</h2><${PopOut} screen=${screen} video=${video} /></div>
      <div class="screen-place">
        <div ref=${screen} class="screen" style=${`--shape: ${shapeOf(seen)}`}>
        ${address === null
          ? html`<${Still} />`
          : html`<video ref=${video} muted autoplay playsinline aria-label=${title}></video>`}
        <${ViewersCard} delayMs=${seen.delayMs} />
      </div></div>
      <${Quality} seen=${seen} hasStream=${address !== null} />
    </section>`;
}

/** The screen has the video's own shape; until that is known, a phone's. */
const shapeOf = ({ width, height }) => (width > 0 ? `${width} / ${height}` : "9 / 16");

/** Without a stream viewers see the picture of what is shown, or the cover. */
function Still() {
  const session = useShopState((state) => state.session);
  const product = session.shelf.find((p) => p.product_id === session.pinned.at(-1));
  const image = product?.image ?? session.cover_url;
  return image && html`<img class="still" src=${image} alt="" />`;
}

function Quality({ seen, hasStream }) {
  const status = useShopState(({ session }) => session.status);
  const reached = useDeskState((state) => state.stream !== null);
  if (!hasStream) return html`<p class="note">${t("console.preview_none")}</p>`;
  if (!seen.playing) {
    const words = reached ? t("console.preview_still") : t("console.preview_loading");
    return html`<p class="note" role="status">${words}</p>`;
  }
  const { width, height, fps, bitsPerS, delayMs, sound } = seen;
  const onAir = status === "live" ? t("console.preview_on_air") : t("console.preview_only_here");
  return html`
    <div class="note">
      <p><b class=${status === "live" ? "good" : ""}>● ${onAir}</b>
        ${delayMs > 0 && html` · ${t("console.preview_delay", { n: Math.round(delayMs / 1000) })}`}
      </p>
      <p class="quality"><span>${`${width}×${height}`}</span>
        <span>${t("console.preview_fps", { n: fps })}</span>
        ${bitsPerS !== null && html`<span>${
          t("console.preview_rate", { n: Math.round(bitsPerS / 100_000) / 10 })}</span>`}
        ${sound !== null && html`<${Sound} level=${sound} />`}</p>
    </div>`;
}

function Sound({ level }) {
  return html`
    <span class="sound-level" role="meter" aria-label=${t("console.preview_sound")}
      aria-valuemin="0" aria-valuemax="5" aria-valuenow=${level}>
      ${LAMPS.map((lamp) => html`
        <i key=${lamp} class=${lamp <= level ? "lamp lit" : "lamp"}></i>`)}</span>`;
}

/** Take the screen, with its card, into a window that stays on top; else only the video. */
async function popOut(screen, video) {
  if (!window.documentPictureInPicture) {
    await video.requestPictureInPicture();
    return;
  }
  const place = screen.parentElement;
  const { clientWidth: width, clientHeight: height } = screen;
  const out = await window.documentPictureInPicture.requestWindow({ width, height });
  out.document.documentElement.dataset.theme = document.documentElement.dataset.theme;
  for (const sheet of document.querySelectorAll("link[rel=stylesheet]")) {
    const link = out.document.createElement("link");
    out.document.head.append(Object.assign(link, { rel: "stylesheet", href: sheet.href }));
  }
  out.document.body.className = "console popped-out";
  out.document.body.append(screen);
  out.addEventListener("pagehide", () => place.append(screen), { once: true });
}

function PopOut({ screen, video }) {
  const desk = useDesk();
  const can = window.documentPictureInPicture || document.pictureInPictureEnabled;
  const hasStream = useShopState(({ session }) => session.stream_url !== null);
  if (!can || !hasStream) return null;
  const out = () => desk.attempt("pop-out", () => popOut(screen.current, video.current));
  return html`<button type="button" class="small" onClick=${out}>
    ${t("console.preview_out")}</button>`;
}
