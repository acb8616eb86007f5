/** The stream as the host's page plays it: how far behind it is, how fast, how sharp, how loud. */

import { isPlaylist } from "../shared/stream.js";

const MEASURE_MS = 1_000;
const RETRY_MS = 2_000;
const LEVELS = 5;
const LOUD = 0.35; // of full scale, on average: all lamps are lit

/** All that is known of a stream that has not begun. */
export const NOTHING = {
  playing: false, delayMs: 0, width: 0, height: 0, fps: null, bitsPerS: null, sound: null,
};

/**
 * Play a stream in `video`, and call `tell(measured)` every second; returns how to stop. `now()` is
 * the server's time.
 */
export function play(video, address, now, tell) {
  const reading = { hls: null, bitsPerS: null, stopped: false };
  if (isPlaylist(address)) playList(video, address, reading);
  else video.src = address;
  const meter = soundMeter(video);
  let frames = 0;
  const timer = setInterval(() => {
    const { totalVideoFrames } = video.getVideoPlaybackQuality();
    const fps = totalVideoFrames - frames;
    frames = totalVideoFrames;
    const date = reading.hls?.playingDate;
    tell({
      playing: fps > 0, delayMs: date ? Math.max(0, now() - date.getTime()) : 0,
      width: video.videoWidth, height: video.videoHeight, fps, bitsPerS: reading.bitsPerS,
      sound: meter.level(),
    });
  }, MEASURE_MS);
  return () => {
    reading.stopped = true;
    clearInterval(timer);
    meter.close();
    reading.hls?.destroy();
    video.removeAttribute("src");
    video.load();
  };
}

async function playList(video, address, reading) {
  const { default: Hls } = await import("../vendor/hls/hls.js");
  if (reading.stopped) return;
  if (!Hls.isSupported()) {
    video.src = address;
    return;
  }
  const hls = new Hls({ enableWorker: false, lowLatencyMode: true });
  reading.hls = hls;
  hls.on(Hls.Events.FRAG_BUFFERED, (_, { frag, stats }) => {
    if (frag.duration > 0) reading.bitsPerS = (stats.total * 8) / frag.duration;
  });
  hls.on(Hls.Events.ERROR, (_, { fatal, type }) => {
    if (!fatal) return;
    if (type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError();
    else setTimeout(() => reading.stopped || hls.loadSource(address), RETRY_MS);
  });
  hls.loadSource(address);
  hls.attachMedia(video);
}

/**
 * Return what tells how loud a muted video is, from 0 to LEVELS; null where the browser does not
 * let it be heard: before the first click or key, or without `captureStream`.
 */
function soundMeter(video) {
  let context = null;
  let analyser = null;
  const listen = () => {
    const tracks = video.captureStream?.().getAudioTracks() ?? [];
    if (tracks.length === 0) return;
    context = new AudioContext();
    analyser = context.createAnalyser();
    context.createMediaStreamSource(new MediaStream(tracks)).connect(analyser);
  };
  return {
    level() {
      if (analyser === null && navigator.userActivation?.hasBeenActive) listen();
      if (analyser === null) return null;
      const samples = new Float32Array(analyser.fftSize);
      analyser.getFloatTimeDomainData(samples);
      const power = samples.reduce((sum, each) => sum + each * each, 0) / samples.length;
      return Math.min(LEVELS, Math.ceil((Math.sqrt(power) / LOUD) * LEVELS));
    },
    close: () => context?.close(),
  };
}
