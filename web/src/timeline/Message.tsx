/** A stored message with everything that was done to it. */
import type { OutboxItem } from "@chatmesh/client";
import { useState } from "react";
import { Avatar } from "../app/Avatar";
import { Icon } from "../app/Icon";
import { useSession } from "../app/session";
import { clockTime, fullTime } from "../i18n/clock";
import { reason, useText, type Language } from "../i18n/language";
import type { OpenRoom } from "../room/opened";
import type { RowActions } from "./actions";
import { undoDelete, useDeletion } from "./deletions";
import { EditBox, Seen, Sheet } from "./later";
import { useLongPress } from "./long-press";
import { MessageText } from "./MessageText";
import { QuoteLine } from "./QuoteLine";
import { Reactions } from "./Reactions";
import type { Row } from "./rows";
import { Tools } from "./Tools";

type MessageRow = Extract<Row, { type: "message" }>;
interface Props {
  row: MessageRow;
  /** The newest stored message of the reader. */
  check: boolean;
  open: OpenRoom;
  tabbable: boolean;
  lit: boolean;
  actions: RowActions;
  onFocus: (key: string) => void;
  onShow: (seq: number) => void;
}

/** The text as the reader sees it: with the own edit that is still on its way. */
const lastEdit = (changes: readonly OutboxItem[]): OutboxItem | undefined => changes.findLast((item) => item.kind === "edit");

export function Message({ row, check, open, tabbable, lit, actions, onFocus, onShow }: Props) {
  const { entry, first, changes } = row;
  const text = useText();
  const lang = text.lang as Language;
  const me = useSession((session) => session.me?.id);
  const [hot, setHot] = useState(false);
  const [menu, setMenu] = useState(false);
  const [sheet, setSheet] = useState(false);
  const press = useLongPress(() => setSheet(true));
  const leaving = useDeletion(open.handle, entry.seq) || changes.some((item) => item.kind === "delete" && item.state !== "failed");
  const undoable = useDeletion(open.handle, entry.seq);
  const edit = lastEdit(changes);
  const gone = entry.deleted === true || leaving;
  const hit = !gone && me !== undefined && entry.from.id !== me && entry.body?.mentions?.includes(me) === true;
  const editing = actions.editing === entry.seq && !gone;
  const state = gone ? text.time.deleted : check ? text.time.stored : "";
  const body = edit?.body?.text ?? entry.body?.text ?? "";
  const quote = entry.body?.reply;
  const newest = entry.thread?.last;
  const lastReply = newest === undefined ? undefined : open.handle.entries.findLast((other) => other.seq === newest)?.ts;

  return (
    <article className={`m${first ? " first" : ""}${hit ? " hit" : ""}${lit ? " lit" : ""}${edit && edit.state !== "failed" ? " pend" : ""}`} data-key={row.key} data-seq={entry.seq}
      tabIndex={tabbable ? 0 : -1} aria-setsize={-1} aria-label={text.time.message(entry.from.name, fullTime(entry.ts, lang), state)}
      onPointerEnter={() => setHot(true)} onPointerLeave={() => setHot(false)} onFocus={() => { onFocus(row.key); setHot(true); }} onBlur={() => setHot(false)} {...press}>
      {quote && !gone && (
        <button type="button" className="rp" onClick={() => onShow(quote.seq)}>
          <Avatar id={quote.from.id} name={quote.from.name} size={16} /><b><bdi>{quote.from.name}</bdi></b><span className="q cut">{quote.text === undefined ? text.time.original : <QuoteLine text={quote.text} />}</span>
        </button>
      )}
      {entry.pinned && !gone && <div className="pinned"><Icon name="pin" small />{text.time.pinned}</div>}
      {first ? <Avatar id={entry.from.id} name={entry.from.name} /> : <time className="gt" dateTime={new Date(entry.ts).toISOString()}>{clockTime(entry.ts, lang)}</time>}
      <div className="bd">
        {first && (
          <div className="by">
            <b><bdi>{entry.from.name}</bdi></b>
            {entry.from.type === "guest" && <span className="tag">{text.time.guest}</span>}
            <time dateTime={new Date(entry.ts).toISOString()} title={fullTime(entry.ts, lang)}>{clockTime(entry.ts, lang)}</time>
          </div>
        )}
        {gone ? (
          <p className="gone">{text.time.deleted}{undoable && <> <button type="button" className="btn quiet sm" onClick={() => undoDelete(open.handle, entry.seq)}>{text.time.undo}</button></>}</p>
        ) : editing ? (
          <EditBox source={body} onSave={(next) => { if (next !== body) open.handle.edit(entry.seq, { text: next }); open.timeline.rebuild(); actions.edit(undefined); }} onStop={() => actions.edit(undefined)} />
        ) : (
          <MessageText source={body} tail={
            <>
              {(entry.edited || edit) && <span className="ed" title={entry.edited_ts ? text.time.editedAt(fullTime(entry.edited_ts, lang)) : undefined}>{text.time.edited}</span>}
              {check && <span className="st ok" role="img" aria-label={text.time.stored}><Icon name="check" small /></span>}
            </>
          } />
        )}
        {edit?.state === "failed" && (
          <div className="fail"><Icon name="alert" small />{text.time.failed}: {reason(text, edit.error?.code)}
            <button type="button" className="btn sm a" onClick={() => open.handle.retry(edit.id)}>{text.time.retrySend}</button>
            <button type="button" className="btn sm" onClick={() => open.handle.discard(edit.id)}>{text.time.dropSend}</button></div>
        )}
        {!gone && <Reactions entry={entry} changes={changes} open={open} actions={actions} />}
        {!gone && entry.thread && entry.thread.count > 0 && (
          <button type="button" className="th" onClick={() => actions.thread(entry.seq)}>
            <span className="stk">{entry.thread.from.map((from) => <Avatar key={from.id} id={from.id} name={from.name} size={20} />)}</span><b>{text.room.replies(entry.thread.count)}</b>{lastReply !== undefined && <span className="num">{text.time.lastReply(clockTime(lastReply, lang))}</span>}
          </button>
        )}
      </div>
      {check && !gone && <Seen room={open.id} seq={entry.seq} />}
      {(hot || menu) && !gone && !editing && <Tools entry={entry} open={open} actions={actions} onMenu={setMenu} />}
      {sheet && <Sheet entry={entry} open={open} actions={actions} onClose={() => setSheet(false)} />}
    </article>
  );
}
