/** Goes to a room or person by a few keys. */
import type { Room } from "@chatmesh/client";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { go } from "../app/address";
import { Icon } from "../app/Icon";
import { Marked } from "../app/Marked";
import { client, useSession } from "../app/session";
import { say } from "../app/toast";
import { composing, enterActs } from "../composer/enter";
import { reason, useText } from "../i18n/language";
import { useOther, usePerson } from "../live/live";
import { PersonAvatar } from "../live/PersonAvatar";
import { useNames } from "../room/names";
import { writeTo } from "../room/write-to";
import { findPlaces, type Found } from "./find";
import { switcher } from "./open";
import "./switcher.css";

const FIND_MS = 150;

export function Switcher() {
  const text = useText();
  const box = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const joined = useSession((session) => session.rooms);
  const me = useSession((session) => session.me?.id);
  const names = useNames();
  const [others, setOthers] = useState<readonly Room[]>([]);
  const [asked, setAsked] = useState<readonly { id: string; name: string }[]>([]);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const close = (): void => switcher.set(false);

  useEffect(() => {
    const before = document.activeElement;
    if (box.current && !box.current.open) box.current.showModal();
    // What is here answers at once; the public rooms join it when they come.
    client.api.listRooms({ limit: 100 }).then(({ rooms }) => setOthers(rooms), () => undefined);
    return () => {
      if (before instanceof HTMLElement && document.activeElement === document.body) before.focus();
    };
  }, []);
  useEffect(() => {
    const wanted = query.normalize("NFC").trim().replace(/^[#@]/, "");
    if (!wanted || query.startsWith("#")) return undefined;
    let here = true;
    const timer = setTimeout(() => void client.api.users(wanted).then(({ users }) => here && setAsked(users), () => undefined), FIND_MS);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [query]);

  const found = useMemo(() => {
    const people = new Map<string, string>(names);
    for (const { id, name } of asked) people.set(id, name);
    people.delete(me ?? "");
    return findPlaces(query, { joined, others, people: [...people].map(([id, name]) => ({ id, name })) });
  }, [query, joined, others, names, asked, me]);
  const wish = query.normalize("NFC").trim().replace(/^#/, "").slice(0, 80);
  const count = found.length + (found.length === 0 && wish ? 2 : 0);
  const chosen = Math.min(at, count - 1);

  const make = (): void => {
    client.api.createRoom({ name: wish, type: "public" }).then((room) => go({ view: "room", room: room.room }), (error: { code?: string }) => say(`${text.act.failed}: ${reason(text, error.code)}`));
  };
  const open = (i: number): void => {
    const item = found[i];
    close();
    if (item?.room) go({ view: "room", room: item.room.room });
    else if (item?.kind === "person") void writeTo(item.id).catch(() => say(text.act.failed));
    else if (i === 1) make();
    else go({ view: "rooms" });
  };
  const latest = useRef(() => open(chosen));
  useLayoutEffect(() => {
    latest.current = () => open(chosen);
  });
  useEffect(() => (field.current ? enterActs(field.current, () => latest.current()) : undefined), []);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (composing(event.nativeEvent)) return;
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by === 0 || count === 0) return;
    event.preventDefault();
    setAt((chosen + by + count) % count);
  };
  const line = (i: number): { id: string; role: "option"; "aria-selected": boolean; className: string; onPointerMove: () => void; onClick: () => void } => ({ id: `qs-${i}`, role: "option", "aria-selected": i === chosen, className: "qr", onPointerMove: () => setAt(i), onClick: () => open(i) });
  const section = (kind: Found["kind"]) =>
    found.some((item) => item.kind === kind) && (
      <div role="group" aria-label={kind === "room" ? text.jump.rooms : text.jump.people}>
        <h3 aria-hidden="true">{kind === "room" ? text.jump.rooms : text.jump.people}</h3>
        {found.map((item, i) => item.kind === kind && <div key={item.key} {...line(i)}><Line item={item} selected={i === chosen} /></div>)}
      </div>
    );
  return (
    <dialog ref={box} className="qs" aria-label={text.side.jump} onCancel={(event) => { event.preventDefault(); close(); }} onPointerDown={(event) => { if (event.target === box.current) close(); }}>
      <div className="qs-in"><Icon name="search" />
        <input ref={field} autoFocus role="combobox" aria-expanded="true" aria-controls="qs-list" aria-activedescendant={chosen >= 0 ? `qs-${chosen}` : undefined} aria-label={text.side.jump} placeholder={text.side.jump}
          autoComplete="off" spellCheck={false} onInput={(event) => { setQuery(event.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown} />
        <kbd>Esc</kbd>
      </div>
      <div id="qs-list" role="listbox" aria-label={text.side.jump}>
        {section("room")}
        {section("person")}
        {found.length === 0 && wish && (
          <div role="group" aria-label={text.jump.acts}>
            <p className="none" role="presentation">{text.jump.none(query)}</p>
            <div {...line(0)}><Icon name="search" /><span className="n">{text.jump.all}</span></div>
            <div {...line(1)}><Icon name="plus" /><span className="n cut">{text.jump.make(wish)}</span></div>
          </div>
        )}
      </div>
      <footer aria-hidden="true"><span><kbd>↑</kbd><kbd>↓</kbd>{text.jump.move}</span><span><kbd>Enter</kbd>{text.jump.open}</span><span><kbd>#</kbd>{text.jump.onlyRooms}</span><span><kbd>@</kbd>{text.jump.onlyPeople}</span></footer>
    </dialog>
  );
}

function Who({ item: { id, name, room } }: { item: Found & { kind: "person" } }) {
  const other = useOther(room?.room ?? "");
  const somebody = usePerson(room ? "" : id);
  const person = room ? other?.person : somebody;
  return <PersonAvatar id={id} name={name} told={(other ?? somebody) !== undefined} state={person?.state} />;
}

function Line({ item, selected }: { item: Found; selected: boolean }) {
  const text = useText();
  const unread = item.kind === "room" && !item.joined ? 0 : (item.room?.unread ?? 0);
  const shown = unread > 99 ? "99+" : String(unread);
  const more = unread > 0 ? text.side.unread(shown) : item.kind === "person" ? "" : item.joined ? item.room.topic : text.jump.notJoined(text.rooms.members(item.room.members));
  return (
    <>
      {item.kind === "person" ? <Who item={item} /> : <span className="h" aria-hidden="true">{item.room.type === "private" ? <Icon name="lock" /> : "#"}</span>}
      <span className="n"><bdi><Marked name={item.kind === "person" ? item.name : item.room.name} match={item.match} /></bdi></span>
      <small className="cut">{more}</small>
      {unread > 0 && <span className="badge" aria-hidden="true">{shown}</span>}
      {selected && <kbd aria-hidden="true">Enter</kbd>}
    </>
  );
}
