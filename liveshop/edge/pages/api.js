/** HTTP calls of the pages: JSON in and out, refusals as `Refused`. */

import { Refused } from "/liveshop.js";

async function call(path, options) {
  const answer = await fetch(path, options);
  const body = await answer.json();
  if (!answer.ok) throw new Refused(body);
  return body;
}

const bearer = (token) => (token ? { Authorization: `Bearer ${token}` } : {});

export function getJson(path, token = null) {
  return call(path, { headers: bearer(token) });
}

export function postJson(path, token, body) {
  const headers = { ...bearer(token), "Content-Type": "application/json" };
  return call(path, { method: "POST", headers, body: JSON.stringify(body) });
}

/** Go through the pages of a list; `name` is the field that holds the items. */
export async function* pagesOf(path, name, token = null) {
  const mark = path.includes("?") ? "&" : "?";
  for (let after = null; ; ) {
    const from = after === null ? "" : `&after=${encodeURIComponent(after)}`;
    const page = await getJson(`${path}${mark}limit=200${from}`, token);
    yield page[name];
    if (page.next === null || page[name].length === 0) return;
    after = page.next;
  }
}
