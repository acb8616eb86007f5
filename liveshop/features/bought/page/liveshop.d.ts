/** Purchases of just now, as the shop lets everyone know: the newest last. */

export interface Bought { product_id: string; quantity: number; name: string; at_ms: number }
export interface State { bought: Bought[] }
