/** The message field of one room or thread. Its textarea is the browser's own: nothing writes to it while an input method composes. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { Icon } from "../app/Icon";
import { client, useSession } from "../app/session";
import { useText } from "../i18n/language";
import type { OpenRoom } from "../room/opened";
import { draftKey, keepDraft, readDraft } from "./drafts";
import { composing, coarse, enterActs } from "./enter";
import { toTokens } from "./mentions";

const bytes = (text: string): number => new TextEncoder().encode(text).length;
const COUNTER_FROM = 0.8;

interface Props {
  open: OpenRoom;
  roomName: string;
  thread?: number;
  reply?: number;
  onReply: (seq: number | undefined) => void;
  /** After a message was given to the outbox. */
  onSent: () => void;
  onEditLast?: () => void;
}

export function Composer({ open, roomName, thread, reply, onReply, onSent, onEditLast }: Props) {
  const text = useText();
  const key = draftKey(open.id, thread);
  const field = useRef<HTMLTextAreaElement>(null);
  const [size, setSize] = useState(() => bytes(readDraft(key)?.text ?? ""));
  const limit = useSession((session) => (session.status.state === "online" ? client.limits?.text_bytes : undefined)) ?? 8192;
  const quoted = reply === undefined ? undefined : open.handle.entries.find((entry) => entry.seq === reply);
  const over = size > limit;

  const send = (): void => {
    const area = field.current;
    if (!area) return;
    const value = area.value.normalize("NFC").replace(/\s+$/, "");
    if (!value.trim()) return;
    const people = new Map(open.handle.entries.map((entry) => [entry.from.id, entry.from]));
    const wire = toTokens(value, people.values());
    if (bytes(wire) > limit) return;
    open.handle.send({ text: wire, ...(reply === undefined ? {} : { reply_to: reply }), ...(thread === undefined ? {} : { thread }) });
    open.timeline.clearLine();
    open.timeline.rebuild();
    area.value = "";
    setSize(0);
    keepDraft(key, undefined);
    if (reply !== undefined) onReply(undefined);
    onSent();
    area.focus();
  };
  const latest = useRef(send);
  useLayoutEffect(() => {
    latest.current = send;
  });

  useEffect(() => (field.current ? enterActs(field.current, () => latest.current()) : undefined), []);
  useEffect(() => {
    if (!coarse()) field.current?.focus({ preventScroll: true });
  }, [reply]);

  const onInput = (): void => {
    const value = field.current?.value ?? "";
    setSize(bytes(value));
    keepDraft(key, { text: value, ...(reply === undefined ? {} : { reply }) });
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (composing(event.nativeEvent)) return;
    if (event.key === "ArrowUp" && field.current?.value === "" && onEditLast) {
      event.preventDefault();
      onEditLast();
    }
    if (event.key === "Escape" && reply !== undefined) {
      event.stopPropagation();
      onReply(undefined);
    }
  };
  const label = thread === undefined ? text.write.to(roomName) : text.write.thread;
  return (
    <div className="dock">
      <div className="cp">
        {reply !== undefined && (
          <div className="ctx">
            <Icon name="reply" small /><span>{text.write.replyTo}</span><b><bdi>{quoted?.from.name}</bdi></b><span className="q cut">{quoted?.body?.text}</span>
            <button type="button" className="ib" aria-label={text.write.stopReply} onClick={() => onReply(undefined)}><Icon name="x" small /></button>
          </div>
        )}
        <textarea ref={field} id={thread === undefined ? "composer" : undefined} rows={1} defaultValue={readDraft(key)?.text ?? ""} placeholder={label} aria-label={label}
          aria-invalid={over} onInput={onInput} onKeyDown={onKeyDown} enterKeyHint={coarse() ? "enter" : "send"} autoComplete="off" dir="auto" />
        <button type="button" className="go" aria-label={text.write.send} disabled={size === 0 || over} onPointerDown={(event) => event.preventDefault()} onClick={send}><Icon name="send" /></button>
      </div>
      <div className="slot">
        <span />
        {over ? <span className="over" role="status">{text.write.over(size - limit)}</span> : size > limit * COUNTER_FROM ? <span className="num">{text.write.left(limit - size)}</span> : <span className="keys">{text.write.keys}</span>}
      </div>
    </div>
  );
}
