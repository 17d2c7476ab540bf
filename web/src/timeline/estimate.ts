/** A row's height before it was ever drawn, in px: a good guess keeps the scroll bar calm. */
import type { Row } from "./rows";

const LINE = 22;
/** Average width of a Latin letter of the message font; Hangul is nearly twice as wide. */
const LETTER = 7.6;
const COLUMN = Math.max(160, Math.min(620, innerWidth - 96));
/** Asked for every row that was never drawn, at every change: worked out once. */
const known = new WeakMap<Row, number>();

export function estimateRow(row: Row | undefined): number {
  if (!row) return 26;
  let height = known.get(row);
  if (height === undefined) known.set(row, (height = guess(row)));
  return height;
}

function guess(row: Row): number {
  switch (row.type) {
    case "day":
      return 36;
    case "unread":
      return 25;
    case "notice":
      return 24;
    case "message":
    case "pending": {
      const body = row.type === "message" ? row.entry.body : row.item.body;
      let lines = 0;
      for (const line of (body?.text ?? " ").split("\n", 60)) lines += Math.max(1, Math.ceil((line.length * LETTER) / COLUMN));
      const entry = row.type === "message" ? row.entry : undefined;
      return 4 + lines * LINE + (row.first ? 28 : 0) + (body?.reply ? 20 : 0) + (entry?.reactions?.length ? 30 : 0) + (entry?.thread ? 32 : 0) + (entry?.pinned ? 18 : 0);
    }
  }
}
