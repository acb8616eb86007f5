/** The pages' requests over HTTP; one that is refused or not answered rejects with `Refused`. */

import { Refused } from "../client/line.js";

/** Return a refusal; something between here and the server may have answered in its place. */
export function refusalOf(text, { status, statusText }) {
  try {
    return new Refused(JSON.parse(text));
  } catch {
    return new Refused({ code: "unavailable", message: `${status} ${statusText}` });
  }
}

/**
 * Ask for something, anonymously if there is no token; `body` is sent as JSON. A wish that is sent
 * again, after an answer that was lost, has the same `key`.
 */
export async function ask(method, path, { token = null, body, key } = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (key !== undefined) headers["Idempotency-Key"] = key;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const options = { method, headers, body: body && JSON.stringify(body) };
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (fault) {
    throw new Refused({ code: "offline", message: String(fault) });
  }
  if (!answer.ok) throw refusalOf(await answer.text(), answer);
  return answer;
}

/** Ask for something that is answered with JSON. */
export async function askJson(method, path, about) {
  return (await ask(method, path, about)).json();
}
