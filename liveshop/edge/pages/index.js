/** The first page: the shows there are, and a form that plans one for those with a host's token. */

import { takeToken } from "/liveshop.js";
import { getJson, postJson } from "./api.js";
import { h, render } from "./dom.js";
import { STATUS, dayAndTime } from "./words.js";

const PAGE = 200;
const ON_AIR = ["live", "paused"];

const part = (id) => document.getElementById(id);
const token = takeToken();
const sessions = []; // those read so far, the newest first
let next = null; // where the older ones go on

function row({ id, title, status, starts_at_ms }) {
  const path = encodeURIComponent(id);
  return h("li", { key: id, class: "line" },
    h("span", {}, h("span", { class: `status ${status}` }, STATUS[status]), " ",
      h("a", { href: `/watch/${path}` }, title)),
    h("span", { class: "deadline" }, starts_at_ms === null ? "" : dayAndTime(starts_at_ms)),
    h("a", { href: `/host/${path}`, "aria-label": `Host ${title}` }, "Host"));
}

/** Show what has been read, what is on air first. */
function draw({ reading = false } = {}) {
  const onAir = ON_AIR.flatMap((status) => sessions.filter((s) => s.status === status));
  const others = sessions.filter((s) => !ON_AIR.includes(s.status));
  render(part("sessions"), [
    h("h2", {}, "Shows"),
    sessions.length > 0
      ? h("ul", { class: "sessions" }, [...onAir, ...others].map(row))
      : h("p", {}, "No shows yet. A host plans one below."),
    next !== null
      && h("button", { type: "button", disabled: reading, onclick: readMore }, "Show more"),
  ]);
}

async function read() {
  const from = next === null ? "" : `&after=${encodeURIComponent(next)}`;
  const page = await getJson(`/api/sessions?limit=${PAGE}${from}`, token);
  sessions.push(...page.sessions);
  next = page.next;
}

/** Read one page of shows and say where that fails. */
async function readMore() {
  try {
    if (next !== null) draw({ reading: true });
    await read();
    render(part("banner"), []);
    draw();
  } catch (problem) {
    render(part("banner"), [`The shows cannot be listed now: ${problem.message}`]);
    if (next !== null) draw();
  }
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
await readMore();
