/** What the chat adds. */

export interface ChatLine {
  id: string; at_ms: number; viewer: Viewer; text: string; reply_to?: string
}
export interface Session { chat_pinned: ChatLine[]; chat: ChatLine[]; chat_slow_ms?: number }
export interface Ban {
  viewer_id: string; name: string | null; until_ms: number | null; everywhere: boolean
}
export interface State { muted: Record<string, number | null>; banned: Record<string, Ban> }
