/** The sound of orders: a soft tick each, a chime for a large one. Off until it is turned on. */

import { useDesk, useDeskState } from "../shared/desk.js";
import { Field } from "../shared/field.js";
import { amount } from "../shared/fields.js";
import { html, useEffect, useState } from "../shared/html.js";
import { plainMoney, t } from "../shared/i18n.js";
import { useShopState } from "../shared/shop.js";

const PLACE = "liveshop:chime-from";
const CHIME_FROM = 100; // whole units of the currency
const GAP_MS = 60; // nobody hears two ticks in less; a rush would be a noise
const HEARD_KEPT = 1_000;

/** Notes as {hz, atS, forS, loud}, each from an instant after the order on. */
const TICK = [{ hz: 1_175, atS: 0, forS: 0.05, loud: 0.06 }];
const CHIME = [
  { hz: 880, atS: 0, forS: 0.5, loud: 0.12 }, { hz: 1_319, atS: 0.12, forS: 0.7, loud: 0.12 },
];

/** Return the amount in minor units from which an order chimes, in a currency of so many digits. */
function remembered(digits) {
  try {
    const kept = Number.parseFloat(localStorage.getItem(PLACE) ?? "");
    return Math.round((kept >= 0 ? kept : CHIME_FROM) * 10 ** digits);
  } catch {
    return CHIME_FROM * 10 ** digits;
  }
}

function remember(minor, digits) {
  try {
    localStorage.setItem(PLACE, String(minor / 10 ** digits));
  } catch {
    // It is only a convenience.
  }
}

class Speaker {
  #context = new AudioContext();
  #quietUntilMs = 0;

  /** Play notes; while others were begun a moment ago, only those that are marked. */
  play(notes, { marked = false } = {}) {
    const now = performance.now();
    if (!marked && now < this.#quietUntilMs) return;
    this.#quietUntilMs = now + GAP_MS;
    for (const note of notes) this.#note(note);
  }

  #note({ hz, atS, forS, loud }) {
    const { currentTime, destination } = this.#context;
    const [voice, volume] = [this.#context.createOscillator(), this.#context.createGain()];
    const beginS = currentTime + atS;
    voice.frequency.value = hz;
    volume.gain.setValueAtTime(loud, beginS);
    // Cut off at once, it would crack.
    volume.gain.exponentialRampToValueAtTime(0.001, beginS + forS);
    voice.connect(volume).connect(destination);
    voice.start(beginS);
    voice.stop(beginS + forS);
  }

  close() {
    this.#context.close();
  }
}

/** Return what takes in orders, and plays each once: when its money is there. */
function listener(speaker, chimeFrom) {
  let heard = []; // the ids of orders that were played
  return ({ order_id, status, total }) => {
    if (status !== "confirmed" || heard.includes(order_id)) return;
    heard = [...heard, order_id].slice(-HEARD_KEPT);
    const isLarge = total >= chimeFrom();
    speaker.play(isLarge ? CHIME : TICK, { marked: isLarge });
  };
}

/** Have orders heard while the sound is on. */
export function useSound() {
  const desk = useDesk();
  const isOn = useDeskState((state) => state.sound);
  useEffect(() => {
    if (!isOn) return undefined;
    const speaker = new Speaker();
    const digits = () => desk.shop.state.session.currency_digits;
    const hear = listener(speaker, () => remembered(digits()));
    const end = desk.shop.subscribe((state, message) => message?.type === "order" && hear(message));
    return () => {
      end();
      speaker.close();
    };
  }, [desk, isOn]);
}

/** M: turn the sound on or off, and say so. */
export function toggleSound(desk) {
  const sound = !desk.state.sound;
  desk.change({ sound });
  desk.say(sound ? t("console.sound_on_said") : t("console.sound_off_said"));
}

/** In the menu: the sound, and from which amount on an order chimes. */
export function SoundChoice() {
  const desk = useDesk();
  const isOn = useDeskState((state) => state.sound);
  const { currency, currency_digits: digits } = useShopState((state) => state.session);
  const [text, setText] = useState(() => plainMoney(remembered(digits), currency));
  const [problem, setProblem] = useState("");
  if (!desk.isHost) return null;
  const put = ({ target }) => {
    setText(target.value);
    try {
      remember(amount(target.value, currency), digits);
      setProblem("");
    } catch (fault) {
      setProblem(fault.message);
    }
  };
  return html`
    <label class="choice"><input type="checkbox" checked=${isOn} aria-keyshortcuts="M"
      onChange=${() => toggleSound(desk)} />
      <span>${t("console.sound")} <kbd aria-hidden="true">M</kbd></span></label>
    ${isOn && html`
      <${Field} label=${t("console.sound_from", { currency })} inputmode="decimal" value=${text}
        onInput=${put} />
      <p class="problem" role="alert">${problem}</p>`}`;
}
