/** With the brand of a shop: how its buyers are named when everyone is told of a purchase. */

import { askJson } from "../../../pages/shared/api.js";
import { html, useEffect, useId, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";

const PATH = "/api/bought";
const CHOICES = ["first", "somebody", "off"];

function Naming({ token }) {
  const titleId = useId();
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
    <div class="panel" role="radiogroup" aria-labelledby=${titleId}>
      <h2 id=${titleId}>${t("bought.title")}</h2>
      <p class="note">${t("bought.words")}</p>
      ${CHOICES.map((choice) => html`
        <label key=${choice} class="check">
          <input type="radio" name="bought" checked=${names === choice}
            onChange=${() => choose(choice)} />
          <span>${t(`bought.names.${choice}`)}</span></label>`)}
      <p class="note" role="status">${said}</p>
    </div>`;
}

export const slots = { brand: Naming };
