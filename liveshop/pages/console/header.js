/** The line at the top: is it live, since when, who watches, what came in; and what turns it. */

import { Action, Opener } from "../shared/action.js";
import { useDesk, useDeskState } from "../shared/desk.js";
import { html } from "../shared/html.js";
import { clock, dayAndTime, money, number, t } from "../shared/i18n.js";
import { useShop, useShopState, useTick } from "../shared/shop.js";
import { Slot } from "../shared/slots.js";
import { statusWord } from "../shared/words.js";
import { isReady } from "./checklist.js";
import { Menu } from "./menu.js";

/** Without products and a stream that was seen, one is asked before going live. */
function GoLive() {
  const desk = useDesk();
  const ready = useShopState(({ session }) => isReady(session, desk.state.stream !== null));
  useDeskState((state) => state.stream !== null);
  const unasked = ready || desk.rehearsal;
  const go = () => (unasked ? desk.run({ type: "session.start" }) : desk.open("go-live"));
  return html`<${Action} does="session.start" primary=${unasked} onAct=${go}
    words=${t("console.go_live")} />`;
}

export function Header() {
  const desk = useDesk();
  const session = useShopState((state) => state.session);
  const { status } = session;
  const before = status === "draft" || status === "scheduled";
  return html`
    <header class=${desk.rehearsal ? "top rehearsal" : "top"}>
      <h1 title=${session.title}><bdi>${session.title}</bdi></h1>
      <span class="status ${status}">${statusWord(status)}<${OnAir} session=${session} /></span>
      ${before && session.starts_at_ms !== null && html`<${Planned} at=${session.starts_at_ms} />`}
      ${!before && html`<${Audience} /><${Takings} />`}
      <${Slot} place="header" />
      <span class="buttons">
        ${!before && html`<${StreamMark} />`}
        <${Slot} place="header_button" />
        <button type="button" class="wide-only" aria-keyshortcuts="Control+K Meta+K"
          onClick=${() => desk.open("palette")}>${t("console.palette")}
          ${" "}<kbd aria-hidden="true">⌘K</kbd></button>
        <span class=${before ? "turning" : "turning wide-only"}>
          <${Turning} status=${status} /></span>
        <${Menu}>${!before && html`<${Turning} status=${status} />`}<//>
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
        words=${t("console.pause")} shown="H" />${end}`;
    case "paused":
      return html`<${Action} key="resume" does="session.resume" primary
        onAct=${turn("session.resume")} words=${t("console.resume")} shown="H" />${end}`;
    case "ended":
      return null;
    default:
      return html`<${GoLive} key="start" />`;
  }
}

/** How far behind the stream is that the console plays too. */
function StreamMark() {
  const seen = useDeskState(({ stream }) => stream !== null);
  const delay = useDeskState(({ stream }) => stream?.delayS ?? 0);
  if (!seen) return null;
  return html`<span class="stream-mark good">● ${delay > 0
    ? t("console.stream_good_by", { n: delay }) : t("console.stream_good")}</span>`;
}

function OnAir({ session }) {
  const shop = useShop();
  const since = useDeskState((state) => state.startedAtMs ?? state.summary?.started_at_ms ?? null);
  useTick();
  if (since === null || (session.status !== "live" && session.status !== "paused")) return null;
  const seconds = Math.max(0, Math.floor((shop.now() - since) / 1000));
  return html` <span role="timer" aria-label=${t("console.on_air")}>${clock(seconds)}</span>`;
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
    <span class="headline" title=${peak === null ? undefined : t("console.peak", { n: peak })}>
      <b>${number(viewers)}</b> <span class="note">${t("console.watching", { n: viewers })}</span>
    </span>`;
}

/** The one sum of the show, with the orders that it is made of. */
function Takings() {
  const stats = useShopState((state) => state.stats);
  const currency = useShopState((state) => state.session.currency);
  if (stats === null) return null;
  return html`
    <span class="headline"><b>${money(stats.revenue, currency)}</b>
      ${" "}<span class="note">${t("console.n_orders", { n: stats.orders })}</span></span>`;
}
