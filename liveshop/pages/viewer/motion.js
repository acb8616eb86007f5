/**
 * The motion of what changes, once: the digits of a price, and a card that leaves. Both are drawn
 * over the page, by transforms only, so that nothing is laid out again; without motion they
 * fade.
 */

import { useLayoutEffect, useRef } from "../shared/html.js";

const ROLL_MS = 200;
const LEAVE_MS = 240;
const EASING = "cubic-bezier(.2, .8, .2, 1)";

const still = matchMedia("(prefers-reduced-motion: reduce)");

const element = (kind, text = "") => Object.assign(document.createElement(kind), {
  textContent: text,
});

/** Move something, or with reduced motion only fade it. */
const move = (moved, from, to, duration) => moved.animate(
  still.matches ? [{ opacity: from.opacity }, { opacity: to.opacity }] : [from, to],
  { duration, easing: EASING, fill: "both" });

/** One character in the place of another: the old one goes up, the new one comes from below. */
function rolled(was, now) {
  const cell = element("span");
  const [old, fresh] = [element("i", was), element("span", now)];
  cell.append(old, fresh);
  const here = { transform: "none", opacity: 1 };
  move(old, here, { transform: "translateY(-100%)", opacity: 0 }, ROLL_MS);
  move(fresh, { transform: "translateY(100%)", opacity: 0 }, here, ROLL_MS);
  return cell;
}

/** Roll the characters that differ, the last under the last; returns what ends it early. */
function roll(shown, was, now) {
  const layer = element("span");
  layer.className = "roll";
  layer.setAttribute("aria-hidden", "true");
  const [old, fresh] = [[...was], [...now]];
  const shift = old.length - fresh.length;
  layer.append(...fresh.map((character, place) => {
    const before = old[place + shift] ?? "";
    return before === character ? element("span", character) : rolled(before, character);
  }));
  shown.parentElement.append(layer);
  const hidden = shown.animate([{ opacity: 0 }, { opacity: 0 }], ROLL_MS);
  const end = () => {
    hidden.cancel();
    layer.remove();
  };
  hidden.onfinish = end;
  return end;
}

/** Return a ref for an element with this text, whose characters roll when the text changes. */
export function useRoll(text) {
  const shown = useRef(null);
  const before = useRef(text);
  useLayoutEffect(() => {
    const was = before.current;
    before.current = text;
    if (was === text || document.hidden) return undefined;
    return roll(shown.current, was, text);
  }, [text]);
  return shown;
}

/** Let a copy of a card that goes slide out of the way in `place`, while another comes in. */
function leave(card, place) {
  const { left, top, width } = card.getBoundingClientRect();
  const copy = card.cloneNode(true);
  for (const named of copy.querySelectorAll("[name]")) named.removeAttribute("name");
  copy.inert = true;
  Object.assign(copy.style, { left: `${left}px`, top: `${top}px`, width: `${width}px` });
  place.replaceChildren(copy);
  const out = getComputedStyle(copy).direction === "rtl" ? "100%" : "-100%";
  const here = { transform: "none", opacity: 1 };
  move(copy, here, { transform: `translateX(${out})`, opacity: 0 }, LEAVE_MS).onfinish =
    () => copy.remove();
}

/**
 * Let the card in `box` leave by `place` when its component goes. The keyboard's focus, if it was
 * in the card, goes to the page: it is not lost.
 */
export function useLeaving(box, place) {
  useLayoutEffect(() => () => {
    const card = box.current;
    if (card === null) return;
    if (card.contains(document.activeElement)) document.querySelector("main").focus();
    if (place.current !== null && !document.hidden) leave(card, place.current);
  }, []);
}
