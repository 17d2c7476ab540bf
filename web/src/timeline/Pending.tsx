/** A message that is on its way: waiting, being sent, or failed, and never looking as if it were stored. */
import { useEffect, useState } from "react";
import { Avatar } from "../app/Avatar";
import { Icon } from "../app/Icon";
import { client, connected, useSession } from "../app/session";
import { clockTime, fullTime } from "../i18n/clock";
import { reason, useText, type Language } from "../i18n/language";
import type { OpenRoom } from "../room/opened";
import { EditBox } from "./later";
import { MessageText } from "./MessageText";
import type { Row } from "./rows";

/** The word appears only when sending takes longer than this, in ms. */
const QUIET_MS = 600;

function useAfter(start: number, delay: number): boolean {
  const [late, setLate] = useState(() => client.serverNow() - start >= delay);
  useEffect(() => {
    if (late) return undefined;
    const timer = setTimeout(() => setLate(true), Math.max(0, start + delay - client.serverNow()));
    return () => clearTimeout(timer);
  }, [late, start, delay]);
  return late;
}

function useSecondsTo(at: number | undefined): number {
  const [, tick] = useState(0);
  useEffect(() => {
    if (at === undefined) return undefined;
    const timer = setInterval(() => tick((n) => n + 1), 1_000);
    return () => clearInterval(timer);
  }, [at]);
  return at === undefined ? 0 : Math.max(0, Math.ceil((at - client.serverNow()) / 1_000));
}

export function Pending({ row, open, tabbable, onFocus }: { row: Extract<Row, { type: "pending" }>; open: OpenRoom; tabbable: boolean; onFocus: (key: string) => void }) {
  const { item, first } = row;
  const text = useText();
  const lang = text.lang as Language;
  const me = useSession((session) => session.me);
  const online = useSession(connected);
  const late = useAfter(item.created, QUIET_MS);
  const seconds = useSecondsTo(item.retryAt);
  const [editing, setEditing] = useState(false);
  const failed = item.state === "failed" || item.expired === true;
  const word = failed ? text.time.failed : seconds > 0 ? text.time.again(seconds) : !online ? text.time.waiting : text.time.pending;
  const source = item.body?.text ?? "";
  const act = (run: () => void) => () => {
    run();
    open.timeline.rebuild();
  };
  return (
    <article className={`m${first ? " first" : ""}${failed ? "" : " pend"}`} data-key={row.key} data-pending={item.id} tabIndex={tabbable ? 0 : -1} aria-setsize={-1}
      aria-label={text.time.message(me?.name ?? "", fullTime(item.created, lang), word)} onFocus={() => onFocus(row.key)}>
      {first ? <Avatar id={me?.id ?? ""} name={me?.name ?? ""} /> : <time className="gt" dateTime={new Date(item.created).toISOString()}>{clockTime(item.created, lang)}</time>}
      <div className="bd">
        {first && <div className="by"><b><bdi>{me?.name}</bdi></b><time dateTime={new Date(item.created).toISOString()}>{clockTime(item.created, lang)}</time></div>}
        {editing ? (
          <EditBox source={source} onSave={(next) => { open.handle.editPending(item.id, next); setEditing(false); open.timeline.rebuild(); }} onStop={() => setEditing(false)} />
        ) : (
          <MessageText source={source} tail={failed ? undefined : late || !online || seconds > 0 ? <span className="st"><Icon name="ring" small />{word}</span> : <span className="st"><Icon name="ring" small /></span>} />
        )}
        {failed && !editing && (
          <div className="fail">
            <Icon name="alert" small /><span>{item.expired ? text.time.old : `${text.time.failed}: ${reason(text, item.error?.code)}`}</span>
            <button type="button" className="btn sm a" onClick={act(() => open.handle.retry(item.id))}>{item.expired ? text.time.sendNow : text.time.retrySend}</button>
            <button type="button" className="btn sm" onClick={() => setEditing(true)}>{text.time.editSend}</button>
            <button type="button" className="btn sm" onClick={act(() => open.handle.discard(item.id))}>{text.time.dropSend}</button>
          </div>
        )}
      </div>
    </article>
  );
}
