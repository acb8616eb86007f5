/** The line at the top: is it live, since when, who watches; and the buttons that start and end. */

import { Action, Opener } from "../shared/action.js";
import { useDesk, useDeskState } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { clock, dayAndTime, number, t } from "../shared/i18n.js";
import { LanguageChoice } from "../shared/language.js";
import { useShop, useShopState, useTick } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import { statusWord } from "../shared/words.js";

/** `real` is the desk of the real show; `workAt(desk)` has the console work at another one. */
export function Header({ real, workAt }) {
  const desk = useDesk();
  const session = useShopState((state) => state.session);
  const { status } = session;
  const before = status === "draft" || status === "scheduled";
  return html`
    <header class=${desk.rehearsal ? "top rehearsal" : "top"}>
      <h1 title=${session.title}><bdi>${session.title}</bdi></h1>
      <span class="pill status ${status}">${statusWord(status)}</span>
      <${OnAir} session=${session} />
      ${before && session.starts_at_ms !== null && html`<${Planned} at=${session.starts_at_ms} />`}
      <${Audience} />
      <${Slot} place="header" />
      <span class="buttons">
        <${Slot} place="header_button" real=${real} workAt=${workAt} />
        <button type="button" class="quiet" onClick=${() => desk.open("share")}>
          ${t("console.share")}</button>
        <button type="button" class="quiet square keys-help" aria-label=${t("console.help.title")}
          onClick=${() => desk.open("help")}>?</button>
        <${LanguageChoice} />
        <${Turning} status=${status} />
      </span>
    </header>`;
}

function Turning({ status }) {
  const desk = useDesk();
  const turn = (type) => () => desk.run({ type });
  const end = html`
    <${Opener} does="session.end" kind="danger" dialog="end" words=${t("console.end")} />`;
  switch (status) {
    case "live":
      // Keyed, so that the button that starts the show never becomes the one that stops it.
      return html`<${Action} key="pause" does="session.pause" onAct=${turn("session.pause")}
        words=${t("console.pause")} />${end}`;
    case "paused":
      return html`<${Action} key="resume" does="session.resume" primary
        onAct=${turn("session.resume")} words=${t("console.resume")} />${end}`;
    case "ended":
      return null;
    default:
      return html`<${Action} key="start" does="session.start" primary onAct=${turn("session.start")}
        words=${t("console.go_live")} />`;
  }
}

function OnAir({ session }) {
  const shop = useShop();
  const since = useDeskState((state) => state.startedAtMs ?? state.summary?.started_at_ms ?? null);
  useTick();
  if (since === null || (session.status !== "live" && session.status !== "paused")) return null;
  const seconds = Math.max(0, Math.floor((shop.now() - since) / 1000));
  return html`<span class="number" role="timer" aria-label=${t("console.on_air")}>
    ${clock(seconds)}</span>`;
}

function Planned({ at }) {
  const shop = useShop();
  useTick();
  const left = shop.secondsTo(at);
  return html`<span class="number">${dayAndTime(at)}
    ${left > 0 && left < 86_400 && html` · <span role="timer">${clock(left)}</span>`}</span>`;
}

function Audience() {
  const viewers = useShopState((state) => state.session.viewers);
  const peak = useShopState((state) => state.stats?.viewers_peak ?? null);
  return html`
    <span class="audience"><b>${number(viewers)}</b> ${t("console.watching", { n: viewers })}
      ${peak !== null && html` <span class="note">(${t("console.peak", { n: peak })})</span>`}
    </span>`;
}
