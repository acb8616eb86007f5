/** The one colour of a brand, and what the server makes of it for both themes. */

import { askJson } from "../../../pages/shared/api.js";
import { html, useEffect, useId, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";

const NEUTRAL = "#16161d";
const TYPING_MS = 150;
const HEX = /^#[0-9a-f]{6}$/i;

/** A colour by the browser's own choice or in writing; null is none. */
export function ColourField({ value, change }) {
  const hintId = useId();
  const [text, setText] = useState(value ?? "");
  const take = ({ target }) => {
    setText(target.value);
    if (target.value === "") change(null);
    else if (HEX.test(target.value)) change(target.value);
  };
  return html`
    <fieldset class="field"><legend>${t("brand.colour")}</legend>
      <span class="colour">
        <input type="color" aria-label=${t("brand.colour_pick")} value=${value ?? NEUTRAL}
          onInput=${take} />
        <input aria-label=${t("brand.colour_hex")} value=${text} pattern="#[0-9a-fA-F]{6}"
          placeholder="#c2330a" maxlength="7" autocomplete="off" spellcheck="false"
          aria-describedby=${hintId} onInput=${take} />
      </span>
      <small class="note" id=${hintId}>${t("brand.colour_hint")}</small>
    </fieldset>`;
}

/** The colours of both themes that the server solves; null until it has answered once. */
export function useColours(colour) {
  const [colours, setColours] = useState(null);
  useEffect(() => {
    let gone = false;
    const query = new URLSearchParams({ colour: colour ?? NEUTRAL });
    const timer = setTimeout(async () => {
      try {
        const solved = await askJson("GET", `/api/brand/colours?${query}`);
        if (!gone) setColours(solved);
      } catch (refusal) {
        console.info(`the colours: ${refusal.message}`);
      }
    }, colours === null ? 0 : TYPING_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [colour]);
  return colours;
}
