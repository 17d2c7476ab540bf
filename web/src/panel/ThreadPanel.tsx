/** A message and its replies, with a composer of their own. */
import type { Entry, Room } from "@chatmesh/client";
import { Fragment, useEffect, useMemo, useRef, useState } from "react";
import { go } from "../app/address";
import { client } from "../app/session";
import { Composer } from "../composer/Composer";
import { useText } from "../i18n/language";
import type { OpenRoom } from "../room/opened";
import { mayWrite } from "../room/rights";
import type { RowActions } from "../timeline/actions";
import { Message } from "../timeline/Message";
import { Pending } from "../timeline/Pending";
import { buildRows } from "../timeline/rows";

export function ThreadPanel({ open, state, root, actions }: { open: OpenRoom; state: Room | undefined; root: number; actions: RowActions }) {
  const text = useText();
  const { handle } = open;
  const [page, setPage] = useState<readonly Entry[] | "failed">();
  const [reply, setReply] = useState<number>();
  const end = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let here = true;
    handle.thread(root).then(({ entries }) => here && setPage(entries), () => here && setPage("failed"));
    return () => {
      here = false;
    };
  }, [handle, root]);

  // The room's own entries are live: they replace and continue what the page brought.
  const rows = useMemo(() => {
    const bySeq = new Map<number, Entry>();
    if (Array.isArray(page)) for (const entry of page as readonly Entry[]) bySeq.set(entry.seq, entry);
    for (const entry of handle.entries) if (entry.seq === root || entry.body?.thread === root || bySeq.has(entry.seq)) bySeq.set(entry.seq, entry);
    const entries = [...bySeq.values()].sort((a, b) => a.seq - b.seq).map((entry) => (entry.seq === root && entry.thread ? withoutThread(entry) : entry));
    const pending = handle.pending.filter((item) => item.kind !== "send" || item.body?.thread === root);
    return buildRows({ entries, pending, me: client.me?.id ?? "", unreadAfter: undefined, hasOlder: false, now: client.serverNow() });
  }, [page, handle.entries, handle.pending, root]);

  const count = rows.length;
  const replies = rows.filter((row) => row.type === "message").length - 1;
  useEffect(() => {
    // Newer browsers return a promise here, which must not become the effect's end.
    void end.current?.scrollIntoView({ block: "end" });
  }, [count]);
  return (
    <>
      <div className="panel-in">
        {page === "failed" && <p className="none">{text.room.panelFailed}</p>}
        {rows.map((row) =>
          row.type === "message" ? (
            <Fragment key={row.key}>
              <Message row={row} check={false} open={open} tabbable lit={false} actions={actions} onFocus={() => undefined} onShow={(seq) => go({ view: "room", room: open.id, seq })} />
              {row.entry.seq === root && replies > 0 && <div className="day" role="separator"><span>{text.room.replies(replies)}</span></div>}
            </Fragment>
          ) : row.type === "pending" ? (
            <Pending key={row.key} row={row} open={open} tabbable onFocus={() => undefined} />
          ) : null,
        )}
        <div ref={end} />
      </div>
      {mayWrite(state) && <Composer open={open} roomName="" thread={root} reply={reply} onReply={setReply} onSent={() => undefined} />}
    </>
  );
}

/** The root's footer would point to where one is already. */
function withoutThread(entry: Entry): Entry {
  const { thread: _, ...rest } = entry;
  return rest;
}
