/** The show's video: HLS by hls.js, loaded only here, or by the browser where it can itself. */

import { html, useEffect, useRef, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useShop } from "../shared/shop.js";
import { isPlaylist } from "../shared/stream.js";
import { useFit } from "./fit.js";
import { Picture } from "./picture.js";

const RETRY_MS = 2_000;
const LOOK_MS = 500;
const NO_FRAME_MS = 5_000;
const FILL_EVERY_MS = 1_000;
const FILL_PX = 32;

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Play an HLS stream; returns how to stop. Pins and sales then wait until the video is there. */
function playStream(Hls, video, address, shop) {
  if (!Hls.isSupported()) {
    video.src = address;
    return () => video.removeAttribute("src");
  }
  const hls = new Hls({ enableWorker: false, lowLatencyMode: true });
  hls.on(Hls.Events.ERROR, (_, { fatal, type, details }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) return hls.recoverMediaError();
    // Without its playlist a stream has nothing to start from: it is asked for again.
    const again = /^manifest/.test(details) ? () => hls.loadSource(address) : () => hls.startLoad();
    setTimeout(() => hls.media && again(), RETRY_MS);
  });
  hls.loadSource(address);
  hls.attachMedia(video);
  shop.holdBack(() => (hls.playingDate ? shop.now() - hls.playingDate.getTime() : 0));
  return () => {
    shop.holdBack(0);
    hls.destroy();
  };
}

/** Play what is at an address for as long as the component is there. */
function usePlayback(video, address) {
  const shop = useShop();
  useEffect(() => {
    if (!isPlaylist(address)) {
      video.current.src = address;
      return;
    }
    let stop = null;
    let timer = 0;
    let gone = false;
    const begin = () => import("../vendor/hls/hls.js").then(({ default: Hls }) => {
      if (!gone) stop = playStream(Hls, video.current, address, shop);
    }, () => {
      // The line was down for a moment: the picture must not stay away for the rest of the show.
      if (!gone) timer = setTimeout(begin, RETRY_MS);
    });
    begin();
    return () => {
      gone = true;
      clearTimeout(timer);
      stop?.();
    };
  }, [address]);
}

/** Whether no new frame has come for some seconds, in a tab that is looked at. */
function useStall(video) {
  const [stalled, setStalled] = useState(false);
  useEffect(() => {
    let shownAt = performance.now();
    let place = 0;
    const timer = setInterval(() => {
      if (video.current === null) return; // a last tick of a video that has gone
      const { currentTime } = video.current;
      const moves = currentTime !== place;
      place = currentTime;
      if (moves || document.hidden) shownAt = performance.now();
      setStalled(performance.now() - shownAt > NO_FRAME_MS);
    }, LOOK_MS);
    return () => clearInterval(timer);
  }, []);
  return stalled;
}

/** Draw the video into a canvas of a few pixels now and then: grown, it is the blurred fill. */
function useFill(video, canvas, wanted) {
  useEffect(() => {
    if (!wanted) return undefined;
    const draw = () => {
      const readyState = video.current?.readyState ?? 0;
      if (readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return;
      canvas.current.getContext("2d").drawImage(video.current, 0, 0, FILL_PX, FILL_PX);
    };
    draw();
    if (still.matches) return undefined;
    const timer = setInterval(draw, FILL_EVERY_MS);
    return () => clearInterval(timer);
  }, [wanted]);
}

export function Video({ address, muted }) {
  const video = useRef(null);
  const canvas = useRef(null);
  const fit = useFit(video);
  const stalled = useStall(video);
  usePlayback(video, address);
  useFill(video, canvas, fit === "whole");
  useEffect(() => {
    // A phone that saves power starts nothing on its own: the tap for the sound starts it.
    if (!muted) video.current.play().catch(() => null);
  }, [muted]);
  return html`
    <canvas class="fill" ref=${canvas} width=${FILL_PX} height=${FILL_PX} aria-hidden="true"
      hidden=${fit !== "whole"}></canvas>
    <video ref=${video} class=${`video ${fit}`} autoplay playsinline muted=${muted}
      aria-label=${t("stage.video")}></video>
    ${stalled && html`<${Picture} />
      <p class="stage-note away" role="status">${t("stage.no_frames")}</p>`}`;
}
