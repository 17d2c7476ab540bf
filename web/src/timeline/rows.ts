/** Turns the entries and the outbox of a room into the rows of its timeline. Pure: the clock and the reader are arguments. */
import type { Entry, OutboxItem } from "@chatmesh/client";
import { dayOf } from "../i18n/clock";

export type Row =
  | { type: "day"; key: string; ts: number }
  | { type: "unread"; key: string }
  /** What happened to the room; a run of joins and leaves is one row. */
  | { type: "notice"; key: string; entries: readonly Entry[] }
  /** @property changes the reader's own changes that are still on their way */
  | { type: "message"; key: string; entry: Entry; first: boolean; changes: readonly OutboxItem[] }
  | { type: "pending"; key: string; item: OutboxItem; first: boolean };

export interface RowsInput {
  entries: readonly Entry[];
  pending: readonly OutboxItem[];
  /** The reader's user id. */
  me: string;
  /** The line stands before the first foreign message above this `seq`. */
  unreadAfter: number | undefined;
  /** More lies before the first entry: its predecessor, and so its looks, are not known yet. */
  hasOlder: boolean;
  /** Milliseconds since 1970 by the server's clock. */
  now: number;
  /** Build only from this entry on; the one before it must be a message. */
  from?: number;
}

const GROUP_MS = 5 * 60_000;
const NO_CHANGES: readonly OutboxItem[] = [];
/** Two authors may use the same id: a row is named by both. */
const keyOf = (author: string, id: string): string => `${author}/${id}`;
const isCrowd = (entry: Entry): boolean => entry.kind === "joined" || entry.kind === "left";

function changesByTarget(pending: readonly OutboxItem[]): Map<number, OutboxItem[]> {
  const found = new Map<number, OutboxItem[]>();
  for (const item of pending) {
    if (item.kind === "send" || item.target === undefined) continue;
    const list = found.get(item.target);
    if (list) list.push(item);
    else found.set(item.target, [item]);
  }
  return found;
}

/** How many leading entries wait for their predecessor: shown now, they would change their height when it comes. */
export function unsettled(entries: readonly Entry[]): number {
  let count = 1;
  while (count < entries.length && isCrowd(entries[count - 1]!)) count++;
  return count < entries.length ? count : 0;
}

export function buildRows({ entries, pending, me, unreadAfter, hasOlder, now, from = 0 }: RowsInput): Row[] {
  const rows: Row[] = [];
  const changes = changesByTarget(pending);
  let day = 0;
  let author = "";
  let authorTs = 0;
  let line = unreadAfter;
  const start = Math.max(from, hasOlder ? unsettled(entries) : 0);
  if (start > 0) {
    const before = entries[start - 1]!;
    day = dayOf(before.ts);
    if (before.kind === "message") [author, authorTs] = [before.from.id, before.ts];
  }

  const separate = (ts: number, key: string): boolean => {
    if (dayOf(ts) === day) return false;
    day = dayOf(ts);
    rows.push({ type: "day", key: `day ${key}`, ts });
    return true;
  };

  for (let i = start; i < entries.length; i++) {
    const entry = entries[i]!;
    const key = keyOf(entry.from.id, entry.id);
    if (entry.kind !== "message") {
      if (separate(entry.ts, key)) author = "";
      if (!isCrowd(entry)) {
        rows.push({ type: "notice", key, entries: [entry] });
        author = "";
        // The creator's own `joined` follows every `created` and says nothing new.
        const next = entries[i + 1];
        if (entry.kind === "created" && next?.kind === "joined" && next.from.id === entry.from.id) i++;
        continue;
      }
      const run = [entry];
      while (i + 1 < entries.length && isCrowd(entries[i + 1]!) && dayOf(entries[i + 1]!.ts) === day) run.push(entries[++i]!);
      rows.push({ type: "notice", key, entries: run });
      continue;
    }
    let broken = separate(entry.ts, key);
    if (line !== undefined && entry.seq > line && entry.from.id !== me) {
      rows.push({ type: "unread", key: "unread" });
      line = undefined;
      broken = true;
    }
    const first = broken || author !== entry.from.id || entry.ts - authorTs > GROUP_MS || entry.body?.reply !== undefined;
    rows.push({ type: "message", key, entry, first, changes: changes.get(entry.seq) ?? NO_CHANGES });
    [author, authorTs] = [entry.from.id, entry.ts];
  }

  for (const item of pending) {
    if (item.kind !== "send") continue;
    // A page that holds it may come before its `ok`.
    if (item.event !== undefined && entries.some((entry) => entry.id === item.event && entry.from.id === me)) continue;
    // The event's id, once there is one: the row then keeps its key when it is stored.
    const key = keyOf(me, item.event ?? item.id);
    const broken = separate(Math.min(item.created, now), key);
    rows.push({ type: "pending", key, item, first: broken || author !== me || item.created - authorTs > GROUP_MS || item.body?.reply_to !== undefined });
    [author, authorTs] = [me, item.created];
  }
  return rows;
}

/** Whether a row may keep its old object, so that nobody draws it again. */
export function sameRow(a: Row, b: Row): boolean {
  if (a.type !== b.type || a.key !== b.key) return false;
  switch (a.type) {
    case "unread":
      return true;
    case "day":
      return a.ts === (b as typeof a).ts;
    case "notice": {
      const other = (b as typeof a).entries;
      return a.entries.length === other.length && a.entries.every((entry, i) => entry === other[i]);
    }
    case "message": {
      const other = b as typeof a;
      return a.entry === other.entry && a.first === other.first && a.changes.length === other.changes.length && a.changes.every((item, i) => item === other.changes[i]);
    }
    case "pending":
      return a.item === (b as typeof a).item && a.first === (b as typeof a).first;
  }
}
