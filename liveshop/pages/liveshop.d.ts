/**
 * Type declarations of liveshop.js; docs/client.md describes what they name. What each feature adds
 * is in its own `page/liveshop.d.ts`; the server hands them out as one file.
 */

export type Role = "viewer" | "moderator" | "host" | "admin";
export type SessionStatus = "draft" | "scheduled" | "live" | "paused" | "ended";
export type LineState = "connecting" | "open" | "waiting" | "closed";
export type PurchaseState =
  | "sending" | "held" | "paying" | "sold" | "released" | "expired" | "refused" | "failed";

export interface Viewer { id: string; name: string; role?: Role }
export interface Variant {
  sku: string; label: string; price: number; was: number | null; limit: number; left: number;
  number: number;
  /** True if the units are sold, and not only in carts; left out if not. */
  sold?: true;
}
export interface Product {
  product_id: string; title: string; image: string | null; variants: Variant[]; number: number;
}
export interface Sale {
  product_id: string; prices: Record<string, number>; starts_at_ms: number; ends_at_ms: number;
  left: number | null; limit: number | null;
}
export interface Session {
  offset: number; now_ms: number; id: string; title: string; status: SessionStatus;
  starts_at_ms: number | null; currency: string; currency_digits: number; stream_url: string | null;
  cover_url: string | null; pinned: string[];
  shelf: Product[]; sales: Sale[]; viewers: number; buying: boolean;
}

/** A refusal: `code` is the protocol's, or `offline`; the other fields are those of the code. */
export interface Refusal {
  code: string; message?: string; left?: number; limit?: number; price?: number; reason?: string;
  retry_after_ms?: number; total?: number;
}
/** Why an order costs what it does: an offer, and its amount on each line, by rid. */
export interface Reason {
  stage: string; offer?: string; label: string; amount: number; lines: Record<string, number>;
}
export interface Purchase {
  rid: string; command?: "buy" | "reserve"; sku: string; quantity: number; price?: number;
  state: PurchaseState; expires_at_ms?: number; order_id?: string | null; url?: string;
  error?: Refusal | null; at_ms?: number; codes?: string[];
}
export interface Checkout {
  order_id: string; rids: string[]; at_ms: number; codes?: string[]; total?: number;
}
export interface Order {
  order_id: string; rids: string[]; total: number; currency: string; at_ms: number; status: string;
  why?: Reason[];
}
export interface Mine { purchases: Purchase[]; checkouts: Checkout[]; orders: Order[] }
export interface State {
  line: LineState; closed: number | null; viewer: Viewer | null; session: Session | null;
  sales: Record<string, Sale>; left: Record<string, number>; mine: Mine;
  stats: Record<string, unknown> | null;
}

/** A feature's share of the state: the changes that messages make, by their type. */
export interface Feature {
  onSession?: Record<string, (session: Session, message: Message) => Session>;
  onState?: Record<string, (state: State, message: Message) => State>;
  initial?: Partial<State>;
  hide?: Record<string, (session: Session, event: Message) => Session>;
}

/** A message of the server; docs/protocol.md has them all. */
export interface Message { type: string; [field: string]: unknown }
export type Listener =
  (state: State, message: Message | null, changed: (keyof State)[]) => void;

export interface Offer {
  product: Product; variant: Variant; price: number; was: number | null; left: number;
  sale: Sale | null;
}
export interface Wish { sku: string; quantity?: number; price?: number }
export interface KeyValueStore {
  getItem(key: string): string | null;
  setItem(key: string, value: string): unknown;
  removeItem(key: string): unknown;
}
export type Token = string | null | (() => string | null | Promise<string | null>);
export interface ShopOptions {
  sessionId: string; token?: Token; origin?: string; storage?: KeyValueStore;
  delayMs?: number | (() => number);
}

export class Shop {
  constructor(options: ShopOptions);
  readonly state: State;
  readonly sessionId: string;
  subscribe(listener: Listener): () => void;
  use(feature: Feature, messages?: Message[] | null): void;
  now(): number;
  secondsTo(instantMs: number): number;
  offer(sku: string): Offer | null;
  holdBack(delay: number | (() => number)): void;
  buy(wish: Wish & { codes?: string[]; again?: boolean }): string;
  become(token: string): void;
  reserve(wish: Wish): string;
  checkout(rids: string[], terms?: { codes?: string[]; total?: number }): string;
  release(rid: string): Promise<Message>;
  dismiss(rid: string): void;
  say(text: string, answer?: { replyTo?: string }): Promise<Message>;
  like(count?: number): void;
  look(productId: string): void;
  send(command: Message): Promise<Message>;
  close(): void;
}

export class Refused extends Error implements Refusal {
  constructor(refusal: Refusal);
  code: string; left?: number; limit?: number; price?: number; reason?: string;
  retry_after_ms?: number;
}

/** The server's clock; `Shop` has one. */
export class Clock {
  now(): number;
  reset(serverMs: number): void;
  forget(): void;
  sample(sentMs: number, serverMs: number): void;
  secondsTo(instantMs: number, nowMs?: number): number;
}

export const OPEN: Set<PurchaseState>;
export function offer(session: Session | null, sku: string, nowMs: number): Offer | null;
export function priceAt(session: Session, product: Product, variant: Variant, nowMs: number):
  { price: number; sale: Sale | null };
export function reduce(state: State, message: Message): State;
export function waitAfter(code: number, lastMs: number, random?: () => number): number | null;
export function takeToken(
  storage?: KeyValueStore,
  may?: (given: string, kept: string) => boolean,
): string | null;
export function tabStorage(): KeyValueStore;
