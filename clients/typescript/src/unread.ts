/** What a room's counts become: exact as of the server's `head`, and from there on by the events. */
import type { Entry, Event, RoomState } from "./types.js";

/** The server counts no further: it says "more than 999". */
const MOST = 1_000;

const counts = (entry: Pick<Entry, "kind" | "from" | "seq">, me: string, read: number): boolean =>
  entry.kind === "message" && entry.from.id !== me && entry.seq > read;

/** The room after an event above its head. `target`: the entry as it was before the event deleted it, if it is known. */
export const grown = (room: RoomState, event: Event, me: string, target: Entry | undefined): Partial<RoomState> => {
  if (event.seq <= room.head) return {};
  if (event.kind === "deleted" && target && !target.deleted && counts(target, me, room.read) && room.unread < MOST) {
    const mentioned = target.body?.mentions?.includes(me);
    return { head: event.seq, unread: Math.max(0, room.unread - 1), mentions: Math.max(0, room.mentions - (mentioned ? 1 : 0)) };
  }
  if (!counts(event, me, room.read)) return { head: event.seq };
  const mentioned = event.body?.mentions?.includes(me);
  return { head: event.seq, unread: Math.min(MOST, room.unread + 1), mentions: Math.min(MOST, room.mentions + (mentioned ? 1 : 0)) };
};

/** The room after its user has read up to `seq`, by the entries that are loaded. */
export const readUpTo = (room: RoomState, seq: number, me: string, entries: readonly Entry[]): Partial<RoomState> => {
  const exact = seq >= room.head || (entries[0]?.seq ?? Infinity) <= seq;
  if (!exact) return { read: seq };
  const left = entries.filter((entry) => !entry.deleted && counts(entry, me, seq));
  return { read: seq, unread: left.length, mentions: left.filter((entry) => entry.body?.mentions?.includes(me)).length };
};
