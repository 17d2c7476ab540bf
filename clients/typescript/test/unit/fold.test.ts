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
