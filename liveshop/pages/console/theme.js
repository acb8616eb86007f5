/** The console's theme: dark, since it stands next to a studio's light, or light by choice. */

import { html, useState } from "../shared/html.js";
import { t } from "../shared/i18n.js";

const PLACE = "liveshop:console-theme";

function remembered() {
  try {
    return localStorage.getItem(PLACE) === "light" ? "light" : "dark";
  } catch {
    return "dark";
  }
}

function remember(theme) {
  try {
    localStorage.setItem(PLACE, theme);
  } catch {
    // It is only a convenience.
  }
}

const show = (theme) => {
  document.documentElement.dataset.theme = theme;
};

/** Show the theme that was chosen before. */
export function beginTheme() {
  show(remembered());
}

export function ThemeChoice() {
  const [theme, setTheme] = useState(remembered);
  const choose = ({ target }) => {
    const chosen = target.checked ? "light" : "dark";
    show(chosen);
    remember(chosen);
    setTheme(chosen);
  };
  return html`
    <label class="choice"><input type="checkbox" checked=${theme === "light"} onChange=${choose} />
      <span>${t("console.theme_light")}</span></label>`;
}
