import { describe, expect, test } from "vitest";
import { type Entry, type Event, Timeline } from "../../src/index.js";
import { vectors } from "../vectors.js";

interface Case { name: string; viewer: string; begin: Entry[]; steps: { event: Event; changed: Entry[] }[]; entries: Entry[] }

const bySeq = (timeline: Timeline): Entry[] => [...timeline.entries.values()].sort((a, b) => a.seq - b.seq);

describe("vectors", () => {
  test.each(vectors<Case>("folding"))("$name", ({ viewer, begin, steps, entries }) => {
    const timeline = new Timeline(viewer);
    timeline.add(begin);
    for (const { event, changed } of steps) {
      const before = new Map(timeline.entries);
      const told = timeline.apply(event);
      const different = bySeq(timeline).filter((entry) => before.get(entry.seq) !== entry);
      expect(different, `after ${event.seq}`).toEqual(changed);
      expect(told, `after ${event.seq}`).toBe(changed.length > 0);
    }
    expect(bySeq(timeline)).toEqual(entries);
  });
});

test("what a page has counted already is not counted again when its events are replayed", () => {
  const at = (seq: number): Pick<Event, "room" | "seq" | "ts" | "id" | "from"> => ({ room: "r", seq, ts: seq, id: `${seq}`, from: { id: "bo", name: "Bo" } });
  const reply = (seq: number): Event => ({ ...at(seq), kind: "message", body: { text: `${seq}`, thread: 1 } });
  const entry = (seq: number, more: Partial<Entry>): Entry => ({ ...at(seq), kind: "message", rev: seq, ...more });
  const timeline = new Timeline("me");
  const thread = { count: 2, last: 4, from: [{ id: "bo", name: "Bo" }] };
  timeline.add([entry(1, { body: { text: "root" }, thread }), entry(3, { body: { text: "3", thread: 1 } }), entry(4, { body: { text: "4", thread: 1 } })]);
  timeline.add([entry(5, { deleted: true, rev: 6 })]);
  for (const event of [reply(3), reply(4), reply(5), { ...at(6), kind: "deleted", target: 5 }]) expect(timeline.apply(event)).toBe(false);
  expect(timeline.entries.get(1)?.thread).toEqual(thread);
  expect(timeline.apply(reply(7))).toBe(true);
  expect(timeline.entries.get(1)?.thread).toMatchObject({ count: 3, last: 7 });
});
