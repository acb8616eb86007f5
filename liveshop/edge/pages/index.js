/** The first page: the shows there are, and a form that plans one for those with a host's token. */

import { takeToken } from "/liveshop.js";
import { getJson, postJson } from "./api.js";
import { h, render } from "./dom.js";
import { STATUS, dayAndTime } from "./words.js";

const part = (id) => document.getElementById(id);
const token = takeToken();

function row({ id, title, status, starts_at_ms }) {
  const path = encodeURIComponent(id);
  return h("li", { key: id, class: "line" },
    h("span", {}, h("span", { class: `status ${status}` }, STATUS[status]), " ",
      h("a", { href: `/watch/${path}` }, title)),
    h("span", { class: "deadline" }, starts_at_ms === null ? "" : dayAndTime(starts_at_ms)),
    h("a", { href: `/host/${path}`, "aria-label": `Host ${title}` }, "Host"));
}

async function list() {
  const { sessions } = await getJson("/api/sessions", token);
  render(part("sessions"), [
    h("h2", {}, "Shows"),
    sessions.length > 0
      ? h("ul", { class: "sessions" }, sessions.map(row))
      : h("p", {}, "No shows yet. A host plans one below."),
  ]);
}

async function create(event) {
  event.preventDefault();
  const { title, starts, stream } = event.target.elements;
  const wanted = { title: title.value.trim() };
  if (starts.value) wanted.starts_at_ms = new Date(starts.value).getTime();
  if (stream.value) wanted.stream_url = stream.value;
  try {
    const { id } = await postJson("/api/sessions", token, wanted);
    location.assign(`/host/${encodeURIComponent(id)}`);
  } catch (refusal) {
    render(part("banner"), [refusal.message]);
  }
}

function enter(event) {
  event.preventDefault();
  location.hash = new URLSearchParams({ token: event.target.elements.token.value.trim() });
  location.reload();
}

const field = (label, props) => h("label", {}, label, h("input", props));

function forHosts() {
  if (token === null) {
    return [
      h("h2", {}, "For hosts"),
      h("form", { onsubmit: enter },
        field("Your token", { name: "token", required: true, autocomplete: "off" }),
        h("button", {}, "Use it")),
    ];
  }
  return [
    h("h2", {}, "Plan a show"),
    h("form", { onsubmit: create },
      field("Title", { name: "title", required: true, maxlength: 200 }),
      field("Starts at (left out: a draft that only you see)",
        { name: "starts", type: "datetime-local" }),
      field("Address of the video, if there is one", { name: "stream", type: "url" }),
      h("button", { class: "primary" }, "Plan it")),
  ];
}

render(part("host"), forHosts());
try {
  await list();
} catch (problem) {
  render(part("banner"), [`The shows cannot be listed now: ${problem.message}`]);
}
