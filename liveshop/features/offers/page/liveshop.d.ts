/** What offers add. */

export interface OfferGoods { quantity: number; skus?: string[]; product_ids?: string[] }
export interface OpenOffer {
  offer: string; kind: "code" | "quantity" | "buy_get" | "bundle" | "delivery"; label: string;
  state: "announced" | "open"; who?: "everyone" | "code" | "viewers" | "first_order";
  units?: number; left?: number; per_buyer?: number; budget?: number; alone?: boolean;
  starts_at_ms?: number; ends_at_ms?: number; keep_ms?: number; code?: string; percent?: number;
  amount?: number; max_amount?: number; product_ids?: string[]; min_goods?: number;
  steps?: { from: number; percent?: number; price?: number }[]; buy?: OfferGoods;
  get?: OfferGoods; times?: number; parts?: OfferGoods[]; price?: number; methods?: string[];
}
export interface Session { offers?: OpenOffer[]; offers_past?: OpenOffer[] }
/** A use that is kept for this buyer. */
export interface KeptUse { rid: string; expires_at_ms: number }
/** Those uses, by offer. */
export interface State { taken?: Record<string, KeptUse> }
/** What `shop.send` takes, and promises. */
export interface TakeOffer { type: "offer.take"; rid: string; offer?: string; code?: string }
export interface Taken { type: "taken"; rid: string; offer: string; expires_at_ms: number }
export interface AskPrice { type: "price"; rids: string[]; codes?: string[] }
export interface Priced {
  type: "priced"; goods: number; total: number; why: Reason[];
  lines: { rid: string; sku: string; quantity: number; price: number; final: number }[];
  hints: { offer: string; missing?: number; add?: string; quantity?: number }[];
}
