/** Where a timeline begins: from what the last visit measured, so that its first drawing is the right one and nothing is drawn twice. */
import type { Rect, Virtualizer } from "@tanstack/react-virtual";
import type { OpenRoom } from "../room/opened";
import { estimateRow } from "./estimate";

/** Room above the first row and below the last one, in px. */
export const EDGE_PX = 96;
export const FOOT_PX = 8;
/** The unread line stands this far below the top. */
export const LINE_PX = 110;

/** The column of the room that was left last: the next one is as large. */
let column: Rect = { width: 0, height: 0 };

export const beginRect = (): Rect => column;

/** The offset of the place of reading, the unread line or the end. */
export function beginOffset({ place, sizes, timeline }: OpenRoom): number {
  if (place !== undefined) return place;
  const known = new Map(sizes?.map((item) => [item.key, item.size]));
  let top = EDGE_PX;
  for (const row of timeline.order) {
    if (row.type === "unread" && top > EDGE_PX) return Math.max(0, top - LINE_PX);
    top += known.get(row.key) ?? estimateRow(row);
  }
  return Math.max(0, top + FOOT_PX - column.height);
}

/** @param atEnd the place is then no place: whoever comes back comes to the end */
export function keepPlace(open: OpenRoom, list: Virtualizer<HTMLDivElement, Element>, atEnd: boolean): void {
  if (list.scrollRect) column = list.scrollRect;
  if (atEnd) {
    delete open.place;
    // Only its last rows are drawn there: no walk through 50,000.
    open.sizes = list.getVirtualItems();
  } else {
    open.place = list.scrollOffset ?? 0;
    open.sizes = list.takeSnapshot();
  }
}
