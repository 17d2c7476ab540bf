/** What the reader has really seen: the bottom of a message, for half a second, in a visible and focused page. */
import type { Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef, useState, type RefObject } from "react";
import type { OpenRoom } from "../room/opened";

const SEEN_MS = 500;
const END_PX = 80;

/** A scroll that the page itself began shows its place only after this, in ms. */
const SETTLE_MS = 300;

interface Reading {
  atEnd: boolean;
  /** Whether the end is to be kept in view. */
  following: RefObject<boolean>;
  /** The page itself goes to a place in the middle. */
  leaveEnd: () => void;
  /** Marks everything as read, as Esc does. */
  markAll: () => void;
}

/** @param visiting one message is looked at by its address: that marks nothing as read */
export function useReading(open: OpenRoom, list: Virtualizer<HTMLDivElement, Element>, box: RefObject<HTMLDivElement | null>, visiting: boolean): Reading {
  const { handle, timeline } = open;
  const [atEnd, setAtEnd] = useState(open.place === undefined);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const following = useRef(open.place === undefined);
  const leaving = useRef(0);
  const leaveEnd = useCallback((): void => {
    following.current = false;
    leaving.current = performance.now();
  }, []);

  /** `seq` of the lowest message whose bottom edge is in view; from the list's own measures, no layout is read. */
  const lowest = useCallback((): number => {
    const bottom = (list.scrollOffset ?? 0) + (list.scrollRect?.height ?? 0) + 1;
    const item = list.getVirtualItemForOffset(bottom);
    for (let i = item?.index ?? -1; i >= 0; i--) {
      const row = timeline.order[i];
      const end = list.measurementsCache[i]?.end ?? Infinity;
      if (end <= bottom && row?.type === "message") return row.entry.seq;
      if (end <= bottom && row?.type === "notice") return row.entries.at(-1)!.seq;
    }
    return 0;
  }, [list, timeline]);

  const waitNoMore = useCallback((): void => {
    clearTimeout(timer.current);
    timer.current = undefined;
  }, []);
  const look = useCallback((): void => {
    const height = list.scrollRect?.height ?? 0;
    if (height === 0) return;
    const end = list.getDistanceFromEnd() <= END_PX && !handle.hasNewer;
    setAtEnd(end);
    if (!end || performance.now() - leaving.current > SETTLE_MS) following.current = end;
    // Half a second is counted anew by who looks again.
    if (!document.hasFocus() || document.hidden) return waitNoMore();
    // What the last visit left is not what the server says: nothing of it counts as read now.
    if (timeline.stage !== "settled" || visiting || timer.current !== undefined) return;
    const candidate = lowest();
    if (candidate === 0) return;
    timer.current = setTimeout(() => {
      timer.current = undefined;
      const now = lowest();
      const seen = Math.min(candidate, now);
      timeline.sawUpTo(seen);
      const state = handle.state;
      if (state?.role !== undefined && seen > state.read) handle.markRead(seen);
      // What came in the meantime gets its own half second.
      if (now > candidate) look();
    }, SEEN_MS);
  }, [handle, list, lowest, timeline, visiting, waitNoMore]);

  useEffect(() => {
    const scroller = box.current;
    const stop = timeline.subscribe(look);
    scroller?.addEventListener("scroll", look, { passive: true });
    for (const name of ["focus", "blur"]) addEventListener(name, look);
    document.addEventListener("visibilitychange", look);
    look();
    return () => {
      stop();
      waitNoMore();
      scroller?.removeEventListener("scroll", look);
      for (const name of ["focus", "blur"]) removeEventListener(name, look);
      document.removeEventListener("visibilitychange", look);
    };
  }, [box, look, timeline, waitNoMore]);

  const markAll = useCallback((): void => {
    const head = handle.entries.at(-1)?.seq ?? 0;
    timeline.sawUpTo(head);
    timeline.clearLine();
    if (handle.state?.role !== undefined && head > handle.state.read) handle.markRead(head);
  }, [handle, timeline]);
  return { atEnd, following, leaveEnd, markAll };
}
