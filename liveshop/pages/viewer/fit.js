/** How a picture or a video fills its place: by its shape, and never cut so that much is gone. */

import { useLayoutEffect, useState } from "../shared/html.js";

// Less than this share of it is never shown: it is shown whole then, on a blurred fill.
const SEEN_MIN = 0.8;
const LOADED = ["load", "loadedmetadata", "resize"];

const shapeOf = ({ naturalWidth, naturalHeight, videoWidth, videoHeight }) =>
  (videoWidth ?? naturalWidth) / (videoHeight ?? naturalHeight);

function fitOf(media) {
  const shape = shapeOf(media);
  const room = media.clientWidth / media.clientHeight;
  if (!(shape > 0 && room > 0)) return "cover";
  return Math.min(shape, room) / Math.max(shape, room) >= SEEN_MIN ? "cover" : "whole";
}

/** Return "cover" or "whole" for an image or a video by its ref, also when its place changes. */
export function useFit(ref) {
  const [fit, setFit] = useState("cover");
  useLayoutEffect(() => {
    const media = ref.current;
    const measure = () => setFit(fitOf(media));
    const watcher = new ResizeObserver(measure);
    watcher.observe(media);
    for (const event of LOADED) media.addEventListener(event, measure);
    measure();
    return () => {
      watcher.disconnect();
      for (const event of LOADED) media.removeEventListener(event, measure);
    };
  }, []);
  return fit;
}
