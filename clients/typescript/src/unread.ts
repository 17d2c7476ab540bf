/** What a room's counts and its last entry become: as of the server's `head`, and from there on by the events. */
import { begin, change, isEntry } from "./fold.js";
import type { Entry, Event, RoomState } from "./types.js";

/** The server counts no further: it says "more than 999". */
const MOST = 1_000;
/** Characters of a preview. */
const PREVIEW = 120;

const counts = (entry: Pick<Entry, "kind" | "from" | "seq">, me: string, read: number): boolean =>
  entry.kind === "message" && entry.from.id !== me && entry.seq > read;

/** An entry as a list shows it. */
const preview = ({ reactions: _reactions, thread: _thread, body, ...entry }: Entry): Entry => {
  if (!body) return entry;
  const { attachments: _attachments, reply: _reply, ...rest } = body;
  return { ...entry, body: rest.text === undefined ? rest : { ...rest, text: [...rest.text].slice(0, PREVIEW).join("") } };
};

const lastOf = (room: RoomState, event: Event, me: string): { last?: Entry } => {
  if (isEntry(event)) return { last: preview(begin(event)) };
  const next = room.last && event.target === room.last.seq ? change(room.last, event, me) : undefined;
  return next ? { last: preview(next) } : {};
};

/** The room after an event above its head. `target`: the entry as it was before the event changed it, if it is known. */
export const grown = (room: RoomState, event: Event, me: string, target: Entry | undefined): Partial<RoomState> =>
  event.seq <= room.head ? {} : { ...lastOf(room, event, me), ...counted(room, event, me, target) };

const counted = (room: RoomState, event: Event, me: string, target: Entry | undefined): Partial<RoomState> => {
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
