/** One row: listens to itself only. */
import { memo, useCallback, useSyncExternalStore } from "react";
import { useNow } from "../app/clock";
import { dayName } from "../i18n/clock";
import { useText } from "../i18n/language";
import type { OpenRoom } from "../room/opened";
import type { RowActions } from "./actions";
import { Message } from "./Message";
import type { Timeline } from "./model";
import { Notice } from "./Notice";
import { Pending } from "./Pending";

interface Props {
  timeline: Timeline;
  open: OpenRoom;
  rowKey: string;
  tabbable: boolean;
  lit: number | undefined;
  actions: RowActions;
  onFocus: (key: string) => void;
  onShow: (seq: number) => void;
}

export const RowView = memo(function RowView({ timeline, open, rowKey, tabbable, lit, actions, onFocus, onShow }: Props) {
  const listen = useCallback((listener: () => void) => timeline.subscribeRow(rowKey, listener), [timeline, rowKey]);
  const row = useSyncExternalStore(listen, () => timeline.row(rowKey));
  const check = useSyncExternalStore(listen, () => timeline.isChecked(rowKey));
  if (!row) return null;
  switch (row.type) {
    case "day":
      return <Day ts={row.ts} />;
    case "unread":
      return <Unread />;
    case "notice":
      return <Notice entries={row.entries} />;
    case "message":
      return <Message row={row} check={check} open={open} tabbable={tabbable} lit={lit === row.entry.seq} actions={actions} onFocus={onFocus} onShow={onShow} />;
    case "pending":
      return <Pending row={row} open={open} tabbable={tabbable} onFocus={onFocus} />;
  }
}, (a, b) => a.rowKey === b.rowKey && a.timeline === b.timeline && a.tabbable === b.tabbable && a.lit === b.lit && a.actions === b.actions);

function Day({ ts }: { ts: number }) {
  const text = useText();
  return <div className="day" role="separator"><time dateTime={new Date(ts).toISOString().slice(0, 10)}>{dayName(ts, useNow(), text)}</time></div>;
}

function Unread() {
  const text = useText();
  return <div className="new" role="separator"><div><span>{text.time.unread}</span></div></div>;
}
