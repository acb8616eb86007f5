/** What polls add. */

export interface PollChoice { label: string; image?: string; product_id?: string }
export interface Poll {
  poll: number; question: string; choices: PollChoice[]; kind: "choice" | "score";
  show: "live" | "voted" | "end"; ends_at_ms: number | null; guests: boolean;
  counts?: number[]; total?: number;
}
export interface PollResult extends Poll {
  counts: number[]; total: number; guests?: number; right?: number; closed_ms: number;
}
export interface Session { polls?: Poll[]; poll_result?: PollResult }
export interface State { votes?: Record<string, number> }
/** What `shop.send` takes, and promises: the choice that is stored. Guests name a `visitor`. */
export interface Vote { type: "vote"; poll: number; choice: number; visitor?: string }
export interface Voted { type: "voted"; poll: number; choice: number }
