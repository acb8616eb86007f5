/** The box in which the staff says something, or answers a message. */

import { useMay } from "../../../pages/shared/action.js";
import { useDesk } from "../../../pages/shared/desk.js";
import { html, useEffect, useRef, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { useShopState } from "../../../pages/shared/shop.js";
import { nameOf } from "./line.js";

const TEXT_MAX = 200;

/** `answered` is the message that is answered, or null; `drop()` gives that up. */
export function Say({ answered, drop }) {
  const desk = useDesk();
  const box = useRef(null);
  const [text, setText] = useState("");
  const me = useShopState((state) => state.viewer);
  const maySay = useMay("say");
  useEffect(() => {
    if (answered !== null) box.current?.focus();
  }, [answered]);
  if (!maySay) return null;
  const send = async (event) => {
    event.preventDefault();
    const said = text.trim();
    const reply = answered === null ? {} : { reply_to: answered.id };
    if (!said || !await desk.run({ type: "say", text: said, ...reply })) return;
    setText("");
    drop();
  };
  const leave = (event) => {
    if (event.key !== "Escape" || answered === null) return;
    event.stopPropagation();
    drop();
  };
  const words = t("chat.console.say_as", { name: nameOf(me) });
  return html`
    <form class="say" data-does="say" onSubmit=${send} onKeyDown=${leave}>
      ${answered !== null && html`
        <p class="answered"><span>${t("chat.console.answering")} ${" "}
            <b><bdi>${nameOf(answered.viewer)}</bdi></b>: <bdi>${answered.text}</bdi></span>
          <button type="button" class="square quiet" onClick=${drop}
            aria-label=${t("chat.console.answer_drop")}>×</button></p>`}
      <input ref=${box} aria-label=${words} placeholder=${words} maxlength=${TEXT_MAX}
        value=${text} autocomplete="off" onInput=${(event) => setText(event.target.value)} />
      <button>${t("chat.console.send")}</button>
    </form>`;
}
