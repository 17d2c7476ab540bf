/** The words of the wire, as `docs/protocol.md` defines them. Times are milliseconds since 1970 UTC. */

export type Open<T extends string> = T | (string & {});

export interface User { id: string; name: string; role: Open<"admin" | "moderator" | "member">; guest: boolean }
export interface Author { id: string; name: string; type?: Open<"user" | "guest" | "bot" | "ai" | "system"> }
export interface Attachment { file: string; name: string; mime: string; size: number; width?: number; height?: number }
export interface Quote { seq: number; from: Author; text?: string }
export interface Body {
  text?: string;
  attachments?: Attachment[];
  reply_to?: number;
  thread?: number;
  mentions?: string[];
  reply?: Quote;
}
export type Kind = Open<
  | "created" | "message" | "edited" | "deleted" | "reacted" | "pinned"
  | "joined" | "left" | "renamed" | "topic" | "role" | "call"
>;
export interface Event {
  room: string;
  seq: number;
  prev?: number;
  ts: number;
  id: string;
  from: Author;
  kind: Kind;
  body?: Body;
  target?: number | string;
  emoji?: string;
  remove?: boolean;
}
export interface Reaction { emoji: string; count: number; me: boolean; users: string[] }
export interface Thread { count: number; last: number; from: Author[] }
export interface Entry {
  seq: number;
  id: string;
  ts: number;
  from: Author;
  kind: Kind;
  body?: Body;
  target?: number | string;
  rev: number;
  edited?: boolean;
  edited_ts?: number;
  deleted?: boolean;
  pinned?: boolean;
  reactions?: Reaction[];
  thread?: Thread;
}
export type RoomRole = "owner" | "moderator" | "member";
export interface Room {
  room: string;
  name: string;
  type: Open<"public" | "private" | "direct">;
  topic?: string;
  role?: RoomRole;
  head: number;
  read: number;
  unread: number;
  mentions: number;
  members: number;
  last?: Entry;
}
/** A room of the user's, kept up to date. */
export interface RoomState extends Room { attached: boolean }
export interface Member { id: string; name: string; role: RoomRole; read?: number }
export interface Limits {
  text_bytes: number;
  frame_bytes: number;
  per_minute: number;
  history: number;
  replay_events: number;
  rooms: number;
}
export interface Session { user: User; access_token: string; refresh_token: string; expires_at: number }

/** Any frame of the server; `t` tells which. */
export interface Frame { t: string; ref?: number; room?: string; [field: string]: unknown }

export interface Typing { room: string; users: string[]; count: number }
type Presenting = Open<"online" | "away" | "dnd" | "invisible">;
export interface Presence {
  room: string;
  full?: boolean;
  joins: { id: string; name: string; state: Presenting; text?: string }[];
  leaves: string[];
  set: { user: string; state: Presenting; text?: string }[];
  count: number;
}
export interface Lobby { put: { room: string; name: string; active_30m: number; online: number; last?: Entry }[]; drop: string[] }
/** A piece of the message that `id` will be. */
export interface Delta { room: string; id: string; from: Author; reply_to?: number; n: number; text: string; full?: boolean; done?: boolean; error?: string }

export interface HistoryPage { entries: Entry[]; as_of: number; older: boolean; newer: boolean }
export interface Paging { before?: number; after?: number; around?: number; thread?: number; pinned?: boolean; limit?: number }

export interface Status {
  state: "idle" | "connecting" | "online" | "reconnecting" | "closed";
  since: number;
  reason?: string;
  /** The close code with which the server ended it. */
  code?: number;
  /** When the next attempt begins. */
  retryAt?: number;
  /** The server asked to move: nothing to tell the user. */
  silent?: boolean;
}

export interface OutboxItem {
  /** Local name of the item; not the event's id. */
  id: string;
  room: string;
  kind: "send" | "edit" | "delete" | "react" | "pin";
  body?: Body;
  target?: number;
  emoji?: string;
  remove?: boolean;
  created: number;
  state: "waiting" | "sending" | "failed";
  error?: { code: string; message: string };
  /** Older than 7 days: needs the user's word. */
  expired?: boolean;
  retryAt?: number;
  /** The event's id, once it was first tried. */
  event?: string;
}
