/** The words that the chat refuses. */

import { html, useEffect, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { useDesk } from "./desk.js";
import { Form } from "./sheet.js";

export function WordsForm() {
  const desk = useDesk();
  const [text, setText] = useState(null);
  useEffect(() => {
    desk.office.words().then(
      (words) => setText(words.join("\n")),
      (refusal) => desk.say(desk.explain(refusal), { problem: true }),
    );
  }, [desk]);
  const submit = () => {
    const words = text.split("\n").map((word) => word.trim()).filter(Boolean);
    return desk.send({ type: "chat.block", words: [...new Set(words)] });
  };
  return html`
    <${Form} title=${t("console.words_title")} action=${t("console.words_save")} submit=${submit}>
      <p>${t("console.words_help")}</p>
      <label class="field"><span>${t("console.words_list")}</span>
        <textarea rows="8" disabled=${text === null} value=${text ?? ""}
          onInput=${(event) => setText(event.target.value)}></textarea></label>
    <//>`;
}
