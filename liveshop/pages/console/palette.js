/** All commands by name, and all products by number: typed, chosen with the arrows, carried out. */

import { useDesk } from "../shared/desk.js";
import { Sheet } from "../shared/desk_sheet.js";
import { html, useEffect, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";
import { possible } from "./commands.js";

const nameOf = ({ key, product }) =>
  (product ? t("console.pin_number_title", product) : t(key).replace(/…$/, ""));

export function Palette() {
  const desk = useDesk();
  const [words, setWords] = useState("");
  const [place, setPlace] = useState(0);
  const wanted = words.trim().toLowerCase();
  const found = possible(desk)
    .map((command) => ({ ...command, name: nameOf(command) }))
    .filter(({ name }) => name.toLowerCase().includes(wanted));
  const at = Math.min(place, found.length - 1);
  useEffect(() => {
    document.getElementById(`command-${at}`)?.scrollIntoView({ block: "nearest" });
  }, [at]);
  // A command may open a sheet of its own, in the place of this one.
  const carryOut = (command) => {
    desk.closeDialog();
    command.act(desk);
  };
  const press = (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length > 0) setPlace((at + step + found.length) % found.length);
    else if (event.key === "Enter" && found[at]) carryOut(found[at]);
    else return;
    event.preventDefault();
  };
  return html`
    <${Sheet} title=${t("console.palette")} wide>
      <input class="palette-words" role="combobox" autofocus autocomplete="off" value=${words}
        aria-label=${t("console.palette_search")} placeholder=${t("console.palette_search")}
        aria-expanded="true" aria-controls="palette-list"
        aria-activedescendant=${found[at] ? `command-${at}` : undefined}
        onKeyDown=${press} onInput=${(event) => {
          setWords(event.target.value);
          setPlace(0);
        }} />
      <ul id="palette-list" class="palette-list" role="listbox" aria-label=${t("console.palette")}>
        ${found.map((command, index) => html`
          <li key=${command.name} id=${`command-${index}`} role="option"
            aria-selected=${index === at} onClick=${() => carryOut(command)}>
            <bdi>${command.name}</bdi>
            ${command.shown && html`<kbd aria-hidden="true">${command.shown}</kbd>`}</li>`)}
      </ul>
      ${found.length === 0 && html`<p class="empty">${t("console.palette_nothing")}</p>`}
    <//>`;
}
