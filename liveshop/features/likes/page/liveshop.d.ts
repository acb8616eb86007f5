/** What the likes add. */

export interface Session { likes: number }
