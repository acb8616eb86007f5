/** The show's video: HLS by hls.js, loaded only here, or by the browser where it can itself. */

import { html, useEffect, useRef, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShop } from "../shared/shop.js";
import { isPlaylist } from "../shared/stream.js";

/** Play an HLS stream; returns how to stop. Pins and sales then wait until the video is there. */
async function playStream(video, address, shop) {
  const { default: Hls } = await import("../vendor/hls/hls.js");
  if (!Hls.isSupported()) {
    video.src = address;
    return () => video.removeAttribute("src");
  }
  const hls = new Hls({ enableWorker: false, lowLatencyMode: true });
  hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else setTimeout(() => hls.startLoad(), 2_000);
  });
  hls.loadSource(address);
  hls.attachMedia(video);
  shop.holdBack(() => (hls.playingDate ? shop.now() - hls.playingDate.getTime() : 0));
  return () => {
    shop.holdBack(0);
    hls.destroy();
  };
}

export function Video({ address }) {
  const shop = useShop();
  const video = useRef(null);
  const [muted, setMuted] = useState(true); // browsers start no sound unasked
  useEffect(() => {
    if (!isPlaylist(address)) {
      video.current.src = address;
      return;
    }
    let gone = false;
    let stop = null;
    playStream(video.current, address, shop).then((end) => {
      stop = end;
      if (gone) stop();
    });
    return () => {
      gone = true;
      stop?.();
    };
  }, [address]);
  return html`
    <video ref=${video} class="video" autoplay playsinline muted=${muted}
      aria-label=${t("stage.video")}></video>
    <button type="button" class="pill glass sound" onClick=${() => setMuted(!muted)}>
      ${muted ? t("stage.sound_on") : t("stage.sound_off")}</button>`;
}
