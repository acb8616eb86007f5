/** Pictures that are uploaded: by choosing a file, by dropping one, or by pasting it. */

import { Refused } from "../client/line.js";
import { refusalOf } from "./api.js";
import { html, useEffect, useId, useRef, useState } from "./html.js";
import { percent, t } from "./i18n.js";
import { sized } from "./pictures.js";

const BYTES_MAX = 10_485_760;
const MB = 1_048_576;
const TYPES = "image/jpeg,image/png,image/webp";
const SHOWN_PX = 320;

/**
 * Send a picture; resolves to the upload as the server describes it, and rejects with `Refused`.
 * `progress(share)` is told the share of it that is sent; `signal` ends it.
 */
export function uploadPicture(file, token, progress, signal) {
  return new Promise((done, fail) => {
    // `fetch` tells nothing of a body on its way.
    const request = new XMLHttpRequest();
    request.open("POST", "/api/uploads");
    request.setRequestHeader("Authorization", `Bearer ${token}`);
    request.upload.onprogress = ({ loaded, total }) => progress(loaded / total);
    request.onload = () => {
      if (request.status < 300) done(JSON.parse(request.response));
      else fail(refusalOf(request.response, request));
    };
    request.onerror = () => fail(new Refused({ code: "offline", message: "the line is down" }));
    request.onabort = () => fail(new Refused({ code: "cancelled", message: "cancelled" }));
    signal.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

const KNOWN = new Set([
  "bad_request", "limit", "forbidden", "unauthorized", "offline", "cancelled",
]);

/** Say in a sentence why a picture was not taken. */
const reason = ({ code }) => t(`upload.refused.${KNOWN.has(code) ? code : "busy"}`);

/** The one file of a drop or of the clipboard, or null. */
const fileOf = (transfer) => transfer?.files[0] ?? null;

/** Upload one file after another; `share` is null while nothing is under way. */
function useUpload({ send, change, pending }) {
  const [share, setShare] = useState(null);
  const [problem, setProblem] = useState("");
  const under = useRef(null);
  const begin = async (file) => {
    if (file === null || under.current) return;
    if (file.size > BYTES_MAX) {
      setProblem(t("upload.too_large", { size: (file.size / MB).toFixed(1), max: BYTES_MAX / MB }));
      return;
    }
    under.current = new AbortController();
    pending.current += 1;
    setProblem("");
    setShare(0);
    try {
      change((await send(file, setShare, under.current.signal)).url);
    } catch (refusal) {
      setProblem(reason(refusal));
    }
    under.current = null;
    pending.current -= 1;
    setShare(null);
  };
  useEffect(() => () => under.current?.abort(), []);
  return { share, problem, begin, cancel: () => under.current?.abort() };
}

/** Take pictures that are pasted while the pointer or the focus is in `box`. */
function usePaste(box, begin) {
  const latest = useRef(begin);
  latest.current = begin;
  useEffect(() => {
    const paste = (event) => {
      const isHere = box.current.matches(":hover, :focus-within");
      const file = fileOf(event.clipboardData);
      if (!isHere || file === null) return;
      event.preventDefault();
      latest.current(file);
    };
    addEventListener("paste", paste);
    return () => removeEventListener("paste", paste);
  }, []);
}

/**
 * A field for one picture. `value` is its address or null, `change(address)` takes another, and
 * `send(file, progress, signal)` uploads it. `pending.current` counts the uploads that a form has
 * to wait for.
 */
export function PictureField({ label, hint, value, change, send, pending, wide = false }) {
  const box = useRef(null);
  const input = useRef(null);
  const [over, setOver] = useState(false);
  const hintId = useId();
  const { share, problem, begin, cancel } = useUpload({ send, change, pending });
  usePaste(box, begin);
  const drag = (isOver) => (event) => {
    event.preventDefault();
    setOver(isOver);
  };
  const drop = (event) => {
    drag(false)(event);
    begin(fileOf(event.dataTransfer));
  };
  const chosen = ({ target }) => {
    begin(target.files[0] ?? null);
    target.value = ""; // the same file may be chosen again
  };
  const remove = () => {
    box.current.querySelector("button").focus();
    change(null);
  };
  const words = value === null ? t("upload.choose") : t("upload.replace");
  return html`
    <div ref=${box} role="group" aria-label=${label} class=${over ? "upload over" : "upload"}
      onDragOver=${drag(true)} onDragLeave=${drag(false)} onDrop=${drop}>
      <div class=${wide ? "upload-picture wide" : "upload-picture"}>
        ${value !== null && html`
          <img src=${sized(value, SHOWN_PX)} alt=${t("upload.picture_of", { label })} />`}
      </div>
      <div class="upload-words">
        <span class="upload-label">${label}</span>
        <small class="note" id=${hintId}>
          ${hint} ${t("upload.hint", { max: BYTES_MAX / MB })}</small>
        <span class="upload-buttons">
          <button type="button" aria-describedby=${hintId}
            onClick=${() => (share === null ? input.current.click() : cancel())}>
            ${share === null ? words : t("upload.cancel")}</button>
          ${value !== null && share === null && html`
            <button type="button" class="quiet" onClick=${remove}>${t("upload.remove")}</button>`}
          ${share !== null && html`
            <progress value=${share} aria-label=${t("upload.under_way")}>
              ${percent(share)}</progress>`}
        </span>
        <span class="problem" role="alert">${problem}</span>
      </div>
      <input ref=${input} type="file" accept=${TYPES} hidden onChange=${chosen} />
    </div>`;
}
