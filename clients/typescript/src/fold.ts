/** How later events of a room change its entries; the same rules as the server's, run against the same vectors. */
import type { Author, Body, Entry, Event, Reaction } from "./types.js";

const EMOJI_PER_MESSAGE = 50;
const REACTION_USERS = 50;
const THREAD_AUTHORS = 3;
const ENTRIES: ReadonlySet<string> = new Set(["created", "message", "joined", "left", "renamed", "topic", "role", "call"]);

/** Whether an event stands in the timeline as an entry of its own; of a kind that is not known nothing is shown. */
export const isEntry = (event: Event): boolean => ENTRIES.has(event.kind);

export const begin = (event: Event): Entry => {
  const entry: Entry = { seq: event.seq, id: event.id, ts: event.ts, from: event.from, kind: event.kind, rev: event.seq };
  if (event.body) entry.body = event.body;
  if (event.target !== undefined) entry.target = event.target;
  return entry;
};

const edited = (entry: Entry, event: Event): Entry => {
  const { text: _text, attachments: _attachments, mentions: _mentions, ...stays } = entry.body ?? {};
  const { text, attachments, mentions } = event.body ?? {};
  const body: Body = { ...stays };
  if (text !== undefined) body.text = text;
  if (attachments?.length) body.attachments = attachments;
  if (mentions?.length) body.mentions = mentions;
  return { ...entry, body, edited: true, edited_ts: event.ts };
};

const deleted = (entry: Entry): Entry => {
  const { body: _body, reactions: _reactions, pinned: _pinned, edited: _edited, edited_ts: _ts, ...stays } = entry;
  return { ...stays, deleted: true };
};

const reacted = (entry: Entry, event: Event, me: string): Entry | undefined => {
  const reactions = entry.reactions ?? [];
  const user = event.from.id;
  const emoji = event.emoji ?? "";
  const found = reactions.find((reaction) => reaction.emoji === emoji);
  // Beyond 50 users the list is cut: whether somebody else stands in the rest is the server's to know.
  const has = found ? (user === me ? found.me : found.users.includes(user)) : false;
  let next: Reaction[];
  if (event.remove) {
    if (!found || (!has && found.count <= found.users.length)) return undefined;
    const left = { ...found, count: found.count - 1, me: found.me && user !== me, users: found.users.filter((other) => other !== user) };
    next = reactions.flatMap((reaction) => (reaction !== found ? [reaction] : left.count > 0 ? [left] : []));
  } else {
    if (has || (!found && reactions.length >= EMOJI_PER_MESSAGE)) return undefined;
    const base = found ?? { emoji, count: 0, me: false, users: [] };
    const users = base.users.length < REACTION_USERS ? [...base.users, user] : base.users;
    const more = { ...base, count: base.count + 1, me: base.me || user === me, users };
    next = found ? reactions.map((reaction) => (reaction === found ? more : reaction)) : [...reactions, more];
  }
  const { reactions: _old, ...stays } = entry;
  return next.length > 0 ? { ...stays, reactions: next } : stays;
};

const pinned = (entry: Entry, event: Event): Entry | undefined => {
  if (Boolean(entry.pinned) !== Boolean(event.remove)) return undefined;
  const { pinned: _pinned, ...stays } = entry;
  return event.remove ? stays : { ...stays, pinned: true };
};

/** The entry after a change of it; `undefined` when the event changes nothing. */
export const change = (entry: Entry, event: Event, me: string): Entry | undefined => {
  if (entry.kind !== "message" || entry.deleted || event.seq <= entry.rev) return undefined;
  let next: Entry | undefined;
  if (event.kind === "edited") next = edited(entry, event);
  else if (event.kind === "deleted") next = deleted(entry);
  else if (event.kind === "reacted") next = reacted(entry, event, me);
  else if (event.kind === "pinned") next = pinned(entry, event);
  return next && { ...next, rev: event.seq };
};

/** Entries of one room by `seq`, and what later events make of them. */
export class Timeline {
  readonly entries = new Map<number, Entry>();
  private readonly roots = new Map<number, number>();
  /** Own messages of which only the `ok` has come: their event brings the server's part. */
  private readonly expected = new Set<number>();
  constructor(private readonly me: string) {}

  /** Adds entries that are folded already. */
  add(entries: Iterable<Entry>): void {
    for (const entry of entries) {
      if (entry.body?.thread !== undefined) this.roots.set(entry.seq, entry.body.thread);
      this.entries.set(entry.seq, entry);
    }
  }

  /** Adds an own message before its event. */
  expect(entry: Entry): void {
    this.entries.set(entry.seq, entry);
    this.expected.add(entry.seq);
  }

  clear(): void {
    this.entries.clear();
    this.roots.clear();
    this.expected.clear();
  }

  /** Applies the next event of the room. `grow`: events that begin an entry are added. True: something changed. */
  apply(event: Event, grow = true): boolean {
    if (isEntry(event)) {
      const known = this.entries.get(event.seq);
      const counted = event.kind === "message" && !known?.deleted && this.count(event);
      const fresh = this.expected.delete(event.seq) || (!known && grow);
      if (fresh) this.entries.set(event.seq, begin(event));
      return fresh || counted;
    }
    const { target } = event;
    if (typeof target !== "number") return false;
    const entry = this.entries.get(target);
    const next = entry && change(entry, event, this.me);
    if (next) this.entries.set(target, next);
    // What is quoted here may itself lie outside of what is held.
    const unquoted = event.kind === "deleted" && (next ?? !entry) && this.forgetQuotes(target);
    if (next && event.kind === "deleted") this.discount(target);
    return Boolean(next) || Boolean(unquoted);
  }

  private count(event: Event): boolean {
    const root = event.body?.thread;
    if (root === undefined) return false;
    this.roots.set(event.seq, root);
    const entry = this.entries.get(root);
    // A page may hold the count already.
    if (!entry || (entry.thread && entry.thread.last >= event.seq)) return false;
    const from = [...(entry.thread?.from ?? [])];
    if (from.length < THREAD_AUTHORS && from.every((author) => author.id !== event.from.id)) from.push(event.from);
    this.entries.set(root, { ...entry, thread: { count: (entry.thread?.count ?? 0) + 1, last: event.seq, from } });
    return true;
  }

  private forgetQuotes(target: number): boolean {
    let found = false;
    for (const [seq, entry] of this.entries) {
      const reply = entry.body?.reply;
      if (entry.body && reply?.seq === target && reply.text !== undefined) {
        const { text: _text, ...quote } = reply;
        this.entries.set(seq, { ...entry, body: { ...entry.body, reply: quote } });
        found = true;
      }
    }
    return found;
  }

  private discount(target: number): void {
    const root = this.roots.get(target);
    this.roots.delete(target);
    const entry = root === undefined ? undefined : this.entries.get(root);
    if (root === undefined || !entry?.thread) return;
    const count = entry.thread.count - 1;
    if (count <= 0) {
      const { thread: _thread, ...stays } = entry;
      this.entries.set(root, stays);
      return;
    }
    const replies = [...this.roots].filter(([seq, other]) => other === root && this.entries.has(seq)).map(([seq]) => seq).sort((a, b) => a - b);
    const last = entry.thread.last === target ? (replies.at(-1) ?? entry.thread.last) : entry.thread.last;
    let from: Author[] = entry.thread.from;
    if (replies.length === count) {
      from = [];
      for (const seq of replies) {
        const author = this.entries.get(seq)?.from;
        if (author && from.length < THREAD_AUTHORS && from.every((other) => other.id !== author.id)) from.push(author);
      }
    }
    this.entries.set(root, { ...entry, thread: { count, last, from } });
  }
}
