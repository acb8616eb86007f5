/** Likes: a button that gathers taps, hearts that rise for everybody's, and how many there are. */

import { html, useEffect, useRef } from "../../../pages/shared/html.js";
import { short, t } from "../../../pages/shared/i18n.js";
import { Icon } from "../../../pages/shared/icon.js";
import { useShop, useShopState } from "../../../pages/shared/shop.js";

const SEND_EVERY_MS = 500;
const LIKES_A_MESSAGE_MAX = 20;
const HEARTS_AT_ONCE_MAX = 5;
const HEARTS_SHOWN_MAX = 24;
const RISE_MS = 1_800;
const CLOSED = new Set(["draft", "ended"]);

const still = matchMedia("(prefers-reduced-motion: reduce)");

/** Hearts as bare elements: they are many, short-lived, and nothing but decoration. */
function Hearts() {
  const shop = useShop();
  const place = useRef(null);
  useEffect(() => {
    let seen = shop.state.session.likes;
    return shop.subscribe(({ session }) => {
      const fresh = session.likes - seen;
      seen = session.likes;
      if (fresh > 0) rise(place.current, fresh);
    });
  }, [shop]);
  return html`<div class="hearts" aria-hidden="true" ref=${place}></div>`;
}

function rise(place, count) {
  if (still.matches || document.hidden) return;
  const room = HEARTS_SHOWN_MAX - place.childElementCount;
  for (let i = 0; i < Math.min(count, HEARTS_AT_ONCE_MAX, room); i++) {
    const heart = document.createElement("span");
    heart.textContent = "♥";
    place.append(heart);
    const sway = (Math.random() - 0.5) * 56;
    const path = heart.animate([
      { transform: "translate(0, 0) scale(0.6)", opacity: 0.9 },
      { transform: `translate(${sway}px, -60%) scale(1)`, opacity: 0.9, offset: 0.5 },
      { transform: `translate(${-sway}px, -240px) scale(1.1)`, opacity: 0 },
    ], { duration: RISE_MS, delay: Math.random() * 300, easing: "ease-out", fill: "backwards" });
    path.onfinish = () => heart.remove();
  }
}

function LikeButton() {
  const shop = useShop();
  const closed = useShopState(({ session }) => CLOSED.has(session.status));
  const unsent = useRef(0);
  useEffect(() => {
    const timer = setInterval(() => {
      if (unsent.current > 0) shop.like(unsent.current);
      unsent.current = 0;
    }, SEND_EVERY_MS);
    return () => clearInterval(timer);
  }, [shop]);
  if (closed) return null;
  const like = () => {
    unsent.current = Math.min(unsent.current + 1, LIKES_A_MESSAGE_MAX);
    rise(document.querySelector(".hearts"), 1);
  };
  return html`
    <button type="button" class="round like" onClick=${like}
      aria-label=${t("likes.give")}>
      <${Icon} name="heart" filled=${true} /></button>`;
}

function Count() {
  const likes = useShopState(({ session }) => session.likes);
  return html`
    <span class="tag glass" aria-label=${t("likes.all", { n: likes })} role="img">
      <${Icon} name="heart" filled=${true} />
      <span aria-hidden="true">${short(likes)}</span></span>`;
}

export const slots = { stage: Hearts, top: Count, bar: LikeButton };
