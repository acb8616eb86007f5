/** With the brand of a shop: how its buyers are named when everyone is told of a purchase. */

import { askJson } from "../../../pages/shared/api.js";
import { html, useEffect, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";

const PATH = "/api/bought";
const CHOICES = ["first", "somebody", "off"];

function Naming({ token }) {
  const [names, setNames] = useState(null);
  const [said, setSaid] = useState("");
  const attempt = async (work) => {
    try {
      setNames((await work()).names);
      return true;
    } catch ({ message }) {
      setSaid(t("bought.refused", { reason: message }));
      return false;
    }
  };
  useEffect(() => {
    attempt(() => askJson("GET", PATH, { token }));
  }, []);
  const choose = async (choice) => {
    const body = { names: choice };
    if (await attempt(() => askJson("PUT", PATH, { token, body }))) setSaid(t("bought.saved"));
  };
  return html`
    <fieldset class="panel"><legend class="legend-title">${t("bought.title")}</legend>
      <p class="note">${t("bought.words")}</p>
      ${CHOICES.map((choice) => html`
        <label key=${choice} class="check">
          <input type="radio" name="bought" checked=${names === choice}
            onChange=${() => choose(choice)} />
          <span>${t(`bought.names.${choice}`)}</span></label>`)}
      <p class="note" role="status">${said}</p>
    </fieldset>`;
}

export const slots = { brand: Naming };
