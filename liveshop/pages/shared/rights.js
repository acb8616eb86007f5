/** The bearer's rights: what the token says, and which commands the server takes from whom. */

import { askJson } from "./api.js";

const RANKS = ["viewer", "moderator", "host", "admin"];

/** The rank of a role's word; -1 for nobody's. */
export const rankOf = (role) => RANKS.indexOf(role);

/** The claims of a token, which nobody has checked here; none where it cannot be read. */
export function claimsOf(token) {
  try {
    const bytes = atob(token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/"));
    return JSON.parse(new TextDecoder().decode(Uint8Array.from(bytes, (c) => c.charCodeAt(0))));
  } catch {
    return {};
  }
}

/** Whether a token is good for every session, as far as it says. */
export const isForAllSessions = ({ session = null }) => session === null;

/** The rules of commands by type; null where they cannot be read: then only the server knows. */
async function readRules() {
  try {
    const { commands } = await askJson("GET", "/api/commands");
    return new Map(commands.map((rule) => [rule.type, rule]));
  } catch (refusal) {
    console.info(`the rules of commands: ${refusal.message}`);
    return null;
  }
}

export async function readRights(token) {
  return { claims: claimsOf(token), rules: await readRules() };
}

/** Whether a command is for those of a role, in whatever state a show is. */
export function isFor({ rules }, type, role) {
  if (rules === null) return true;
  const rule = rules.get(type);
  return rule !== undefined && (rule.role === null || rankOf(role) >= rankOf(rule.role));
}

/** Whether a command may be carried out in a show of this status. */
export const fits = ({ rules }, type, status) =>
  rules === null || (rules.get(type)?.statuses.includes(status) ?? false);
