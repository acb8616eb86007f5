/** The words that the chat refuses. */

import { useDesk } from "../../../pages/shared/desk.js";
import { Form } from "../../../pages/shared/desk_sheet.js";
import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";

export function WordsForm() {
  const desk = useDesk();
  const [text, setText] = useState(null);
  useEffect(() => {
    desk.office.read("words").then(
      ({ words }) => setText(words.join("\n")),
      (refusal) => desk.say(desk.explain(refusal), { problem: true }),
    );
  }, [desk]);
  const submit = () => {
    const words = text.split("\n").map((word) => word.trim()).filter(Boolean);
    return desk.send({ type: "chat.block", words: [...new Set(words)] });
  };
  return html`
    <${Form} title=${t("chat.console.words_title")} action=${t("chat.console.words_save")}
      submit=${submit}>
      <p>${t("chat.console.words_help")}</p>
      <label class="field"><span>${t("chat.console.words_list")}</span>
        <textarea rows="8" disabled=${text === null} value=${text ?? ""}
          onInput=${(event) => setText(event.target.value)}></textarea></label>
    <//>`;
}
