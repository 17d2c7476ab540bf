/** The message field of one room or thread. Its textarea is the browser's own: nothing writes to it while an input method composes. */
import { useEffect, useId, useLayoutEffect, useRef, useState } from "react";
import { deferred } from "../app/deferred";
import { Icon } from "../app/Icon";
import { client, useSession } from "../app/session";
import { EmojiPopover, type EmojiPopoverHandle } from "../emoji/EmojiPopover";
import { useText } from "../i18n/language";
import type { OpenRoom } from "../room/opened";
import { draftKey, keepDraft, readDraft } from "./drafts";
import { composing, coarse, enterActs } from "./enter";
import { askedAt, type Asked } from "./asked";
import { toTokens } from "./mentions";
import { SuggestionList } from "./SuggestionList";
import { useSuggestions, type Person, type Suggestion } from "./suggestions";

const TypingLine = deferred(() => import("../live/TypingLine").then((module) => module.TypingLine));
const encoder = new TextEncoder();
const bytes = (text: string): number => encoder.encode(text).length;
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
  // Read once: the field's own text must not be touched by a later draft.
  const [begun] = useState(() => readDraft(key)?.text ?? "");
  const [size, setSize] = useState(() => bytes(begun));
  const limit = useSession((session) => (session.status.state === "online" ? client.limits?.text_bytes : undefined)) ?? 8192;
  const quoted = reply === undefined ? undefined : open.handle.entries.find((entry) => entry.seq === reply);
  const over = size > limit;
  const [asked, setAsked] = useState<Asked>();
  const [at, setAt] = useState(0);
  const list = useSuggestions(open, asked);
  const listId = useId();
  const grid = useRef<EmojiPopoverHandle>(null);
  const meant = useRef(new Map<string, Person>());
  const listed = asked !== undefined && list.length > 0;
  const chosen = Math.min(at, list.length - 1);

  const insert = (what: string, from: number): void => {
    const area = field.current;
    if (!area) return;
    area.setRangeText(what, from, area.selectionStart, "end");
    setAsked(undefined);
    onInput();
  };
  const choose = (one: Suggestion): void => {
    if (!asked) return;
    if (one.kind === "person") meant.current.set(one.person.id, one.person);
    insert(one.kind === "person" ? `@${one.person.name} ` : one.char, asked.from);
  };

  const send = (): void => {
    const area = field.current;
    if (!area) return;
    const value = area.value.normalize("NFC").replace(/\s+$/, "");
    if (!value.trim()) return;
    const known = new Map<string, Person>(open.handle.entries.map((entry) => [entry.from.id, entry.from]));
    for (const person of meant.current.values()) known.set(person.id, person);
    const wire = toTokens(value, known.values(), new Set(meant.current.keys()));
    if (bytes(wire) > limit) return;
    open.handle.send({ text: wire, ...(reply === undefined ? {} : { reply_to: reply }), ...(thread === undefined ? {} : { thread }) });
    open.timeline.clearLine();
    open.timeline.rebuild();
    area.value = "";
    setSize(0);
    setAsked(undefined);
    meant.current.clear();
    keepDraft(key, undefined);
    client.live.setTyping(open.id, false);
    if (reply !== undefined) onReply(undefined);
    onSent();
    area.focus();
  };
  const enter = (): void => (listed ? choose(list[chosen]!) : send());
  const latest = useRef(enter);
  useLayoutEffect(() => {
    latest.current = enter;
  });

  useEffect(() => (field.current ? enterActs(field.current, () => latest.current()) : undefined), []);
  useEffect(() => () => client.live.setTyping(open.id, false), [open.id]);
  useEffect(() => {
    if (!coarse()) field.current?.focus({ preventScroll: true });
  }, [reply]);

  const onInput = (): void => {
    const value = field.current?.value ?? "";
    setSize(bytes(value));
    setAsked(askedAt(value, field.current?.selectionStart ?? 0));
    setAt(0);
    keepDraft(key, { text: value, ...(reply === undefined ? {} : { reply }) });
    client.live.setTyping(open.id, value.trim() !== "");
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (composing(event.nativeEvent)) return;
    if (listed && ["ArrowUp", "ArrowDown", "Tab", "Escape"].includes(event.key)) {
      event.preventDefault();
      event.stopPropagation();
      if (event.key === "Tab") choose(list[chosen]!);
      else if (event.key === "Escape") setAsked(undefined);
      else setAt((chosen + (event.key === "ArrowUp" ? list.length - 1 : 1)) % list.length);
      return;
    }
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
      {listed && <SuggestionList id={listId} room={open.id} list={list} chosen={chosen} onChoose={choose} />}
      <div className="cp">
        {reply !== undefined && (
          <div className="ctx">
            <Icon name="reply" small /><span>{text.write.replyTo}</span><b><bdi>{quoted?.from.name}</bdi></b><span className="q cut">{quoted?.body?.text}</span>
            <button type="button" className="ib" aria-label={text.write.stopReply} onClick={() => onReply(undefined)}><Icon name="x" small /></button>
          </div>
        )}
        <textarea ref={field} id={thread === undefined ? "composer" : undefined} rows={1} defaultValue={begun} placeholder={label} aria-label={label}
          aria-invalid={over} aria-controls={listed ? listId : undefined} aria-activedescendant={listed ? `${listId}-${chosen}` : undefined} onBlur={() => setAsked(undefined)} onInput={onInput} onKeyDown={onKeyDown} enterKeyHint={coarse() ? "enter" : "send"} autoComplete="off" dir="auto" />
        <button type="button" className="ib" aria-label={text.emoji.title} title={text.emoji.title} onClick={(event) => grid.current?.open(event.currentTarget)}><Icon name="smile" /></button>
        <EmojiPopover ref={grid} onPick={(char) => { field.current?.focus(); insert(char, field.current?.selectionStart ?? 0); }} />
        <button type="button" className="go" aria-label={text.write.send} disabled={size === 0 || over} onPointerDown={(event) => event.preventDefault()} onClick={send}><Icon name="send" /></button>
      </div>
      <div className="slot">
        <span className="cut">{thread === undefined && <TypingLine room={open.id} />}</span>
        {over ? <span className="over" role="status">{text.write.over(size - limit)}</span> : size > limit * COUNTER_FROM ? <span className="num">{text.write.left(limit - size)}</span> : <span className="keys">{text.write.keys}</span>}
      </div>
    </div>
  );
}
