/**
 * Guests: somebody without a token gives a name once, at the first tap on Buy or into the chat, and
 * can be forgotten again. A shop with a sign-in page of its own gets its viewers back from there.
 */

import { uuid } from "../../../pages/client/uuid.js";
import { ask, askJson } from "../../../pages/shared/api.js";
import { dropBearer, keepGuest } from "../../../pages/shared/bearer.js";
import { readBrand } from "../../../pages/shared/brand.js";
import { Field } from "../../../pages/shared/field.js";
import { html, useEffect, useRef, useState } from "../../../pages/shared/html.js";
import { t } from "../../../pages/shared/i18n.js";
import { claimsOf } from "../../../pages/shared/rights.js";
import { useShop, useShopState } from "../../../pages/shared/shop.js";
import { keepWish } from "../../../pages/shared/wish.js";

const NAME_CHARS_MAX = 64;
const MAIL_CHARS_MAX = 254;
const REASONS = new Set(["bad_request", "conflict", "forbidden", "rate_limited"]);

const why = ({ code }) => t(`guests.refused.${REASONS.has(code) ? code : "other"}`);

/** The shop's own page to sign in at; it leads back to this address. */
function signInAddress(signInUrl) {
  const address = new URL(signInUrl);
  address.searchParams.set("return", location.href.split("#")[0]);
  return address.href;
}

/** Ask for a name; `wish` is what goes on once there is one, null for nothing. */
function begin(shop, open, wish = null) {
  const { sign_in_url } = readBrand();
  keepWish(shop, wish);
  if (sign_in_url) location.assign(signInAddress(sign_in_url));
  else open("guest");
}

/** Whether this server lets guests in; asked only of somebody who wants to be one. */
function useAllowed() {
  const [allowed, setAllowed] = useState(true);
  useEffect(() => {
    askJson("GET", "/api/guests").then((told) => setAllowed(told.allowed), () => null);
  }, []);
  return allowed;
}

/** Become a guest; a lost answer is asked for again with the same `rid`, and is the same guest. */
async function becomeGuest(shop, fields) {
  const body = { session: shop.sessionId, ...fields };
  const { token } = await askJson("POST", "/api/guests", { body });
  keepGuest(shop.sessionId, token);
  shop.become(token);
}

function GuestSheet({ close }) {
  const shop = useShop();
  const allowed = useAllowed();
  const rid = useRef(uuid());
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  useEffect(() => () => {
    // Closed without a name: a name that is given later, for the chat, must buy nothing.
    if (!shop.token) keepWish(shop, null);
  }, []);
  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    const { name, email } = event.target.elements;
    setBusy(true);
    setProblem("");
    try {
      const mail = email.value.trim() || undefined;
      await becomeGuest(shop, { name: name.value.trim(), email: mail, rid: rid.current });
      close();
    } catch (refusal) {
      // After a refusal it is another guest the next time; a lost answer is asked for again.
      if (refusal.code !== "offline") rid.current = uuid();
      setProblem(why(refusal));
      setBusy(false);
    }
  };
  if (!allowed) return html`<p class="note">${t("guests.closed")}</p>`;
  return html`
    <form class="guest-form" onSubmit=${submit}>
      <p class="note">${t("guests.words")}</p>
      <${Field} label=${t("guests.name")} name="name" required autofocus autocomplete="name"
        maxlength=${NAME_CHARS_MAX} hint=${t("guests.name_hint")} />
      <${Field} label=${t("guests.email")} name="email" type="email" autocomplete="email"
        maxlength=${MAIL_CHARS_MAX} hint=${t("guests.email_hint")} />
      <p role="alert" class="problem">${problem}</p>
      <button class="primary whole" aria-disabled=${busy}>
        ${busy ? t("guests.busy") : t("guests.go_on")}</button>
    </form>`;
}

/** The name that one has here, and the way to be forgotten. */
function Forget() {
  const shop = useShop();
  const viewer = useShopState((state) => state.viewer);
  const [step, setStep] = useState("none");
  if (!shop.token || !claimsOf(shop.token).guest || viewer === null) return null;
  const forget = async () => {
    setStep("busy");
    try {
      await ask("DELETE", "/api/guests/me", { token: shop.token });
      dropBearer(shop.sessionId);
      history.replaceState(null, ""); // no sheet is open again
      location.reload();
    } catch {
      setStep("failed");
    }
  };
  const asks = step !== "none";
  return html`
    <section class="guest-me" aria-label=${t("guests.me")}>
      <p>${t("guests.you_are")} <b><bdi>${viewer.name}</bdi></b></p>
      ${asks && html`<p class="note" role="status">
        ${step === "failed" ? t("guests.not_forgotten") : t("guests.forget_words")}</p>`}
      <button type="button" aria-disabled=${step === "busy"}
        onClick=${() => (asks ? step !== "busy" && forget() : setStep("asked"))}>
        ${asks ? t("guests.forget_now") : t("guests.forget")}</button>
    </section>`;
}

export const slots = {
  identity: { begin },
  sheet: { name: "guest", key: "guests.title", Content: GuestSheet },
  about: Forget,
};
