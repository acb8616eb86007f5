/** The chat of both pages: lines, pinned lines, a box to say something in. */

import { h, render } from "./dom.js";
import { sentence } from "./words.js";

const NEAR_END_PX = 40;

export class Chat {
  #container;
  #shop;
  #actions;
  #note = "";
  #seen = null; // the id of the last line that was shown at the end of the list

  /** `actions(line, pinned)` returns the buttons of one line; viewers have none. */
  constructor(container, shop, actions = () => []) {
    this.#container = container;
    this.#shop = shop;
    this.#actions = actions;
  }

  draw({ session, viewer }) {
    const list = this.#container.querySelector(".lines");
    const below = list === null ? 0 : list.scrollHeight - list.scrollTop - list.clientHeight;
    const atEnd = below < NEAR_END_PX;
    if (atEnd) this.#seen = session.chat.at(-1)?.id ?? null;
    render(this.#container, [
      h("h2", {}, "Chat"),
      session.chat_pinned.length > 0 &&
        h("ul", { class: "pinned-lines", "aria-label": "Pinned messages" },
          session.chat_pinned.map((line) => this.#line(line, true))),
      h("ul", { class: "lines", role: "log", "aria-label": "Chat messages", tabindex: 0 },
        session.chat.map((line) => this.#line(line, false))),
      this.#pill(session.chat),
      this.#form(session, viewer),
    ]);
    if (atEnd) this.#toEnd();
  }

  #toEnd() {
    const list = this.#container.querySelector(".lines");
    list.scrollTop = list.scrollHeight;
  }

  #line(line, pinned) {
    const { id, viewer, text } = line;
    return h("li", { key: id },
      h("span", {}, h("b", {}, h("bdi", {}, viewer.name || viewer.id)), " ", h("bdi", {}, text)),
      h("span", { class: "line-actions" }, this.#actions(line, pinned)));
  }

  #pill(chat) {
    const fresh = chat.length - 1 - chat.findLastIndex((line) => line.id === this.#seen);
    const show = () => {
      this.#seen = chat.at(-1)?.id ?? null;
      this.#toEnd();
    };
    return h("button", { type: "button", class: "pill new", hidden: fresh === 0, onclick: show },
      `${fresh} new`);
  }

  #form(session, viewer) {
    const closed = session.status === "draft" || session.status === "ended";
    const mayNot = closed || !this.#shop.token;
    const hint = closed ? "The chat is closed." : "Open your personal link to chat.";
    return h("form", { class: "say", onsubmit: (event) => this.#say(event) },
      h("label", {}, h("span", { class: "hidden-label" }, "Say something"),
        h("input", { name: "text", maxlength: 200, autocomplete: "off", disabled: mayNot,
          placeholder: mayNot ? hint : `Say something as ${viewer?.name || viewer?.id}…` })),
      h("button", { disabled: mayNot }, "Send"),
      h("p", { role: "status", class: "note" }, this.#note));
  }

  async #say(event) {
    event.preventDefault();
    const { text } = event.target.elements;
    const said = text.value.trim();
    if (said === "") return;
    try {
      await this.#shop.say(said);
      text.value = "";
      this.#note = "";
      this.#toEnd();
    } catch (refusal) {
      this.#note = refusal.code === "offline"
        ? "The line is down; your message is still here."
        : sentence(refusal, { session: this.#shop.state.session });
    }
    this.draw(this.#shop.state);
  }
}
