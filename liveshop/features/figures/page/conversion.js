/** The share of visitors who bought, where there are enough of them for a share to mean much. */

import { percent, t } from "../../../pages/shared/i18n.js";

const VISITORS_MIN = 20;

/** Return the conversion as {value, means}; of few visitors it is "3 of 4", and no percentage. */
export function conversionOf({ buyers, visitors }) {
  if (!visitors) return { value: "–", means: null };
  // Their number is an estimate: it may be less than that of the buyers.
  const all = Math.max(visitors, buyers);
  if (all < VISITORS_MIN) {
    return { value: t("figures.sold_of", { n: buyers, of: all }), means: t("figures.bought_few") };
  }
  const means = t("figures.bought_of", { n: buyers, of: all });
  return { value: percent(buyers / all), means };
}
