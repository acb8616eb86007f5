/** The axes in which variants of a product differ, as their labels tell: "Sand / M" has two. */

const PARTS = " / ";
const SHOWN_MAX = 3;

/**
 * Return the values of each axis in the order of the variants, or null where the labels are not of
 * two parts each, or two variants have the same ones.
 */
export function axesOf(variants) {
  const parts = variants.map(({ label }) => label.split(PARTS));
  if (variants.length < 2 || parts.some((each) => each.length !== 2)) return null;
  if (new Set(variants.map(({ label }) => label)).size < variants.length) return null;
  return [0, 1].map((axis) => [...new Set(parts.map((each) => each[axis]))]);
}

/** Return the variant with these values, or null. */
export function variantAt(variants, values) {
  return variants.find(({ label }) => label === values.join(PARTS)) ?? null;
}

/** The values of a variant on both axes. */
export const valuesOf = ({ label }) => label.split(PARTS);

const range = (values) =>
  (values.length <= SHOWN_MAX ? values.join(", ") : `${values[0]}–${values.at(-1)}`);

/** Say in short what variants there are: "S, M, L", "36–44", "Sand, Sea · S–XL"; "" for one. */
export function rangeOf(variants) {
  if (variants.length < 2) return "";
  const axes = axesOf(variants) ?? [variants.map(({ label }) => label)];
  return axes.map(range).join(" · ");
}
