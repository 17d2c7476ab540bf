/** The reading column of a room: a virtual list that stays where the reader is, whatever comes above or below. */
import { defaultRangeExtractor, useVirtualizer, type Range, type Virtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useLayoutEffect, useRef, useState, useSyncExternalStore } from "react";
import { go } from "../app/address";
import { Icon } from "../app/Icon";
import { connected, useSession } from "../app/session";
import { useText } from "../i18n/language";
import { useRoom } from "../room/facts";
import type { OpenRoom } from "../room/opened";
import { beginOffset, beginRect, EDGE_PX, FOOT_PX, keepPlace, LINE_PX } from "./begin";
import { Edge } from "./Edge";
import { estimateRow } from "./estimate";
import { timelineKey } from "./keys";
import { offersOf } from "./offers";
import { useReading } from "./reading";
import { RowView } from "./RowView";
import type { RowActions } from "./actions";

/** So near the end counts as "at the end". */
const END_PX = 80;
const LIT_MS = 1_600;
/** More messages than these let the oldest go, in steps. */
const MOST = 50_000;
const SPARE = 2_000;
type List = Virtualizer<HTMLDivElement, Element>;

interface Props {
  open: OpenRoom;
  actions: RowActions;
  /** A message to show instead of the end, from the address. */
  target: number | undefined;
  /** Counts up when the reader has sent something: the end is shown. */
  sent: number;
  name: string;
}

export function Timeline({ open, actions, target, sent, name }: Props) {
  const { handle, timeline } = open;
  const text = useText();
  const keys = useSyncExternalStore(timeline.subscribe, () => timeline.keys);
  useSyncExternalStore(timeline.subscribe, () => timeline.version);
  const box = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<string>();
  const [lit, setLit] = useState<number>();
  const [way, setWay] = useState<{ far: boolean; from?: number }>({ far: false });
  const focusNext = useRef<string>(undefined);
  const activeIndex = active === undefined ? -1 : keys.indexOf(active);

  // Declared before the list's own effects: its end would forget where the reader was.
  const leave = useRef<() => void>(() => undefined);
  useLayoutEffect(() => () => leave.current(), []);
  const near = useRef<(list: List) => void>(() => undefined);
  const list = useVirtualizer<HTMLDivElement, Element>({
    count: keys.length,
    getScrollElement: () => box.current,
    getItemKey: (i) => keys[i]!,
    estimateSize: (i) => estimateRow(timeline.order[i]),
    anchorTo: "end",
    followOnAppend: !handle.hasNewer,
    scrollEndThreshold: END_PX,
    overscan: 8,
    paddingStart: EDGE_PX,
    paddingEnd: FOOT_PX,
    scrollPaddingStart: LINE_PX,
    directDomUpdates: true,
    initialRect: beginRect(),
    initialOffset: () => beginOffset(open),
    initialMeasurementsCache: open.sizes ?? [],
    rangeExtractor: useCallback((range: Range) => {
      const indexes = defaultRangeExtractor(range);
      // The focused row stays in the document while it is out of sight, so that focus survives.
      if (activeIndex >= 0 && activeIndex < range.count && !indexes.includes(activeIndex)) indexes.push(activeIndex);
      return indexes.sort((a, b) => a - b);
    }, [activeIndex]),
    onChange: (instance) => near.current(instance),
  });

  near.current = (instance) => {
    const height = instance.scrollRect?.height ?? 0;
    if (height === 0 || placed.current === "empty") return;
    const offset = instance.scrollOffset ?? 0;
    const left = instance.getDistanceFromEnd();
    if (offset < 2 * height && handle.hasOlder && !handle.loading.older && !handle.loadError) void handle.loadOlder();
    if (left < 2 * height && handle.hasNewer && !handle.loading.newer && !handle.loadError) void handle.loadNewer();
    const far = left > height || handle.hasNewer;
    setWay((now) => (now.far === far ? now : { ...now, far }));
  };

  const reading = useReading(open, list, box, target !== undefined);
  const { following } = reading;

  // The first place: where the reader was, the unread line, or the end. Once for what the last visit left, and once for what
  // the server says, unless the reader has moved by then.
  const placed = useRef<typeof timeline.stage>(open.place === undefined ? "empty" : "settled");
  const moved = useRef(false);
  useLayoutEffect(() => {
    if (placed.current === "settled" || placed.current === timeline.stage || keys.length === 0) return;
    placed.current = timeline.stage;
    if (moved.current) return;
    const line = timeline.line === undefined ? -1 : keys.indexOf("unread");
    if (target !== undefined) void show(target);
    else if (line > 0) {
      reading.leaveEnd();
      list.scrollToIndex(line, { align: "start" });
    } else list.scrollToEnd();
  });
  useLayoutEffect(() => {
    // An arrival between the last stored row and those still waiting is no append: the end is kept by hand.
    if (following.current && placed.current !== "empty" && !handle.hasNewer) list.scrollToEnd();
    if (following.current && handle.entries.length > MOST + SPARE) handle.trim(MOST);
  }, [keys]);
  useEffect(() => near.current(list), [keys, list]);
  useEffect(() => {
    // The composer grew, a panel opened, the window changed: who was at the end stays there.
    const watch = new ResizeObserver(() => {
      if (following.current && placed.current !== "empty" && !handle.hasNewer) list.scrollToEnd();
    });
    if (box.current) watch.observe(box.current);
    return () => watch.disconnect();
  }, [list, handle]);
  useLayoutEffect(() => {
    if (sent > 0) toEnd();
  }, [sent]);
  leave.current = () => {
    if (placed.current !== "settled") return;
    keepPlace(open, list, list.isAtEnd(END_PX) && !handle.hasNewer);
  };
  useEffect(() => {
    if (placed.current === "settled" && target !== undefined) void show(target);
  }, [target]);

  const online = useSession(connected);
  useEffect(() => {
    // What failed while the connection was away comes by itself when it is back.
    if (online && handle.loadError && handle.entries.length > 0) void (handle.hasNewer ? handle.loadNewer() : handle.loadOlder());
  }, [online, handle]);

  const toEnd = (): void => {
    // The address of one message is left: from here on one reads along.
    if (target !== undefined) go({ view: "room", room: open.id }, "replace");
    const finish = (): void => {
      list.scrollToEnd();
      setWay({ far: false });
    };
    if (handle.hasNewer) void handle.toLatest().then(() => requestAnimationFrame(finish));
    else finish();
  };
  const indexOf = (seq: number): number => timeline.order.findIndex((row) => row.type === "message" && row.entry.seq === seq);
  const show = async (seq: number): Promise<void> => {
    const from = list.scrollOffset ?? 0;
    if (indexOf(seq) < 0) {
      await handle.loadAround(seq);
      timeline.rebuild();
      await new Promise((resolve) => requestAnimationFrame(resolve));
    }
    const index = indexOf(seq);
    if (index < 0) return;
    reading.leaveEnd();
    list.scrollToIndex(index, { align: "center" });
    setLit(seq);
    setWay((now) => ({ ...now, from }));
    setTimeout(() => setLit(undefined), LIT_MS);
  };

  const room = useRoom(open.id);
  const me = useSession((session) => session.me);
  const focusRow = (index: number): void => {
    const key = keys[index];
    if (key === undefined) return;
    focusNext.current = key;
    setActive(key);
    list.scrollToIndex(index, { align: "auto" });
  };
  useEffect(() => {
    if (focusNext.current === undefined) return;
    const article = box.current?.querySelector<HTMLElement>(`[data-key="${CSS.escape(focusNext.current)}"]`);
    if (article) {
      focusNext.current = undefined;
      article.focus({ preventScroll: true });
    }
  });
  const onKeyDown = (event: React.KeyboardEvent): void =>
    timelineKey(event.nativeEvent, { order: timeline.order, focusRow, toEnd: () => { reading.markAll(); toEnd(); }, offers: (entry) => offersOf(entry, room, me, actions, text) });

  const items = list.getVirtualItems();
  const last = keys.at(-1);
  return (
    <div className="tl-box">
      <div ref={box} className="tl" role="log" aria-live="off" aria-label={text.time.label} data-scrolling={list.isScrolling} onKeyDown={onKeyDown} onWheel={() => { moved.current = true; }} onTouchMove={() => { moved.current = true; }}>
        <div className="tl-space" />
        <div className="tl-all" ref={list.containerRef}>
          <Edge handle={handle} name={name} onRetry={() => void handle.loadOlder()} />
          {items.map((item) => {
            const key = keys[item.index]!;
            return (
              <div key={key} className="tl-row" data-index={item.index} ref={list.measureElement}>
                <RowView timeline={timeline} open={open} rowKey={key} tabbable={key === (activeIndex >= 0 ? active : last)} lit={lit} actions={actions} onFocus={setActive} onShow={(seq) => void show(seq)} />
              </div>
            );
          })}
        </div>
      </div>
      {way.from !== undefined && !reading.atEnd ? (
        <button type="button" className="pill" onClick={() => { list.scrollToOffset(way.from ?? 0); setWay({ far: way.far }); }}><Icon name="reply" small />{text.time.backTo}</button>
      ) : (way.far || timeline.unseen > 0) && !reading.atEnd && keys.length > 0 ? (
        <button type="button" className="pill" onClick={toEnd}><Icon name="down" small />{text.time.latest}{timeline.unseen > 0 && <b className="num">{text.time.newCount(timeline.unseen)}</b>}</button>
      ) : null}
    </div>
  );
}
