import type { Entry, OutboxItem } from "@chatmesh/client";
import { expect, test } from "vitest";
import { buildRows, sameRow, type Row, type RowsInput } from "./rows";

const NOON = new Date(2026, 10, 24, 12).getTime();
let seq = 0;
const entry = (from: string, minute: number, more: Partial<Entry> = {}): Entry => {
  seq++;
  return { seq, id: `id-${seq}`, ts: NOON + minute * 60_000, from: { id: from, name: from }, kind: "message", body: { text: `text ${seq}` }, rev: seq, ...more } as Entry;
};
const item = (id: string, more: Partial<OutboxItem> = {}): OutboxItem => ({ id, kind: "send", body: { text: id }, created: NOON + 3_600_000, state: "waiting", ...more }) as OutboxItem;
const build = (entries: Entry[], more: Partial<RowsInput> = {}): Row[] => buildRows({ entries, pending: [], me: "me", unreadAfter: undefined, hasOlder: false, now: NOON + 3_600_000, ...more });
const kinds = (rows: Row[]): string => rows.map((row) => (row.type === "message" || row.type === "pending" ? (row.first ? row.type : `+${row.type}`) : row.type)).join(" ");

test("messages of one author within five minutes are one group", () => {
  expect(kinds(build([entry("a", 0), entry("a", 4), entry("a", 10), entry("b", 11)]))).toBe("day message +message message message");
});

test("a reply begins a group, a join does not break one", () => {
  const quote = { text: "x", reply: { seq: 1, from: { id: "b", name: "b" } } };
  expect(kinds(build([entry("a", 0), entry("a", 1, { body: quote as Entry["body"] })]))).toBe("day message message");
  expect(kinds(build([entry("a", 0), entry("z", 1, { kind: "joined" } as Partial<Entry>), entry("a", 2)]))).toBe("day message notice +message");
});

test("a run of joins and leaves is one row, and a creator's own join says nothing", () => {
  const rows = build([entry("a", 0, { kind: "created" } as Partial<Entry>), entry("a", 0, { kind: "joined" } as Partial<Entry>), entry("b", 1, { kind: "joined" } as Partial<Entry>), entry("c", 1, { kind: "joined" } as Partial<Entry>), entry("b", 2, { kind: "left" } as Partial<Entry>)]);
  expect(kinds(rows)).toBe("day notice notice");
  expect(rows[2]?.type === "notice" && rows[2].entries.length).toBe(3);
});

test("the unread line stands once, before the first foreign message above the mark", () => {
  const entries = [entry("a", 0), entry("me", 1), entry("a", 2), entry("a", 3)];
  expect(kinds(build(entries, { unreadAfter: entries[0]!.seq }))).toBe("day message message unread message +message");
  expect(kinds(build(entries, { unreadAfter: entries[3]!.seq }))).not.toContain("unread");
});

test("rows that are shown do not change when an older page comes", () => {
  const older = [entry("a", 0), entry("a", 1)];
  const newer = [entry("a", 2), entry("a", 3), entry("b", 4)];
  const before = build(newer, { hasOlder: true });
  const after = build([...older, ...newer]);
  expect(kinds(before)).toBe("+message message");
  expect(before.every((row) => after.some((other) => sameRow(row, other)))).toBe(true);
});

test("a pending message stands last and keeps its key when it is stored", () => {
  const first = entry("a", 0);
  const waiting = build([first], { pending: [item("local", { event: "mine" } as Partial<OutboxItem>)] });
  const done = build([first, entry("me", 60, { id: "mine" } as Partial<Entry>)]);
  expect(waiting.at(-1)?.type).toBe("pending");
  expect(done.at(-1)?.key).toBe(waiting.at(-1)?.key);
});

test("what a page holds before its `ok` came is one row, the stored one", () => {
  const mine = entry("me", 2, { id: "e1" } as Partial<Entry>);
  const pending = [item("a", { event: "e1", state: "sending" })];
  for (const from of [0, 2]) {
    const rows = build([entry("a", 0), entry("a", 1), mine], { pending, from });
    expect(rows.filter((row) => row.key === "me/e1").map((row) => row.type)).toEqual(["message"]);
  }
});

test("equal ids of two authors are two rows", () => {
  const keys = build([entry("a", 0, { id: "same" } as Partial<Entry>), entry("b", 0, { id: "same" } as Partial<Entry>)]).map((row) => row.key);
  expect(new Set(keys).size).toBe(keys.length);
});

test("changes go to their target", () => {
  const entries = [entry("me", 0), entry("me", 1), entry("a", 2)];
  const rows = build(entries, { pending: [item("r", { kind: "react", target: entries[0]!.seq, emoji: "👍" } as Partial<OutboxItem>)] });
  const messages = rows.filter((row) => row.type === "message");
  expect(messages.map((row) => row.changes.length)).toEqual([1, 0, 0]);
});

test("the tail can be built alone, behind any message", () => {
  const entries = [entry("a", 0), entry("a", 1), entry("z", 2, { kind: "joined" } as Partial<Entry>), entry("a", 3), entry("b", 4), entry("b", 2_000)];
  const whole = build(entries);
  for (const from of [1, 2, 4, 5]) {
    const tail = build(entries, { from });
    expect(tail.map((row, i) => sameRow(row, whole[whole.length - tail.length + i]!)), `from ${from}`).toEqual(tail.map(() => true));
  }
});

test("building costs the same for each entry, however many there are", () => {
  const readsEach = (count: number): number => {
    let reads = 0;
    const entries = Array.from({ length: count }, (_, i) => new Proxy(entry(`u${i % 7}`, i / 10), { get: (target, field) => (reads++, Reflect.get(target, field) as unknown) }));
    expect(build(entries).length).toBeGreaterThan(count);
    return reads / count;
  };
  expect(readsEach(20_000)).toBeLessThan(readsEach(500) * 1.1);
});
