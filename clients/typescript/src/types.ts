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
export interface Member {
  id: string;
  name: string;
  role: RoomRole;
  /** In rooms of up to 50 members. */
  read?: number;
  /** Of those who are online and visible. */
  state?: PresenceState;
  text?: string;
  /** When somebody who is not online was so last. */
  seen?: number;
}
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

export type PresenceState = Open<"online" | "away" | "dnd" | "invisible">;
/** What a user chose to show, on any device. */
export interface OwnStatus { state: PresenceState; text?: string }
/** Somebody who is in a room. */
export interface Person { id: string; name: string; state: PresenceState; text?: string }
export interface RoomPresence {
  room: string;
  /** By id; a sample where `count` is greater. */
  people: ReadonlyMap<string, Person>;
  count: number;
  /** False while it cannot be kept up to date: it is as of `at`. */
  live: boolean;
  at: number;
}
/** Who writes, without the user: at most five by name, and how many in all. */
export interface Typing { room: string; users: readonly string[]; count: number }
/** A place in the list of public rooms; an `active_30m` above 100,000 says "more than that". */
export interface Ranked { room: string; name: string; active_30m: number; online: number; last?: Entry }
export interface Ranking {
  /** The liveliest first. */
  rooms: readonly Ranked[];
  /** `none`: not asked for, or not offered. `stale`: as of `at`. */
  state: "none" | "loading" | "live" | "stale" | "failed";
  at: number;
}
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
