/** Goes to a room or person by a few keys. */
import type { Room } from "@chatmesh/client";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { go } from "../app/address";
import { Icon } from "../app/Icon";
import { client, useSession } from "../app/session";
import { composing, enterActs } from "../composer/enter";
import { useText } from "../i18n/language";
import { findName, type Match } from "./hangul";
import { switcher } from "./open";
import "./switcher.css";

const SHOWN = 9;
interface Found { room: Room; match: Match; joined: boolean }

export function Switcher() {
  const text = useText();
  const box = useRef<HTMLDialogElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const joined = useSession((session) => session.rooms);
  const [others, setOthers] = useState<readonly Room[]>([]);
  const [query, setQuery] = useState("");
  const [at, setAt] = useState(0);
  const close = (): void => switcher.set(false);

  useEffect(() => {
    const before = document.activeElement;
    if (box.current && !box.current.open) box.current.showModal();
    // Local rooms answer at once; the public ones join them when they come.
    client.api.listRooms({ limit: 100 }).then(({ rooms }) => setOthers(rooms), () => undefined);
    return () => {
      if (before instanceof HTMLElement && document.activeElement === document.body) before.focus();
    };
  }, []);

  const found = useMemo(() => {
    const all: Found[] = [];
    const add = (room: Room, mine: boolean): void => {
      const match = findName(query, room.name);
      if (match) all.push({ room, match, joined: mine });
    };
    for (const room of joined.values()) add(room, true);
    for (const room of others) if (!joined.has(room.room)) add(room, false);
    const news = (item: Found): number => (item.joined && item.room.unread > 0 ? 0 : 1);
    return all.sort((a, b) => a.match.rank - b.match.rank || Number(b.joined) - Number(a.joined) || news(a) - news(b) || (b.room.last?.ts ?? 0) - (a.room.last?.ts ?? 0)).slice(0, SHOWN);
  }, [query, joined, others]);
  const chosen = Math.min(at, found.length - 1);

  const open = (): void => {
    const item = found[chosen];
    close();
    if (item) go({ view: "room", room: item.room.room });
    else go({ view: "rooms" });
  };
  const latest = useRef(open);
  useLayoutEffect(() => {
    latest.current = open;
  });
  useEffect(() => (field.current ? enterActs(field.current, () => latest.current()) : undefined), []);

  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (composing(event.nativeEvent)) return;
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by === 0 || found.length === 0) return;
    event.preventDefault();
    setAt((chosen + by + found.length) % found.length);
  };
  return (
    <dialog ref={box} className="qs" aria-label={text.side.jump} onCancel={(event) => { event.preventDefault(); close(); }} onPointerDown={(event) => { if (event.target === box.current) close(); }}>
      <div className="qs-in"><Icon name="search" />
        <input ref={field} autoFocus role="combobox" aria-expanded="true" aria-controls="qs-list" aria-activedescendant={chosen >= 0 ? `qs-${chosen}` : undefined} aria-label={text.side.jump} placeholder={text.side.jump}
          autoComplete="off" spellCheck={false} onInput={(event) => { setQuery(event.currentTarget.value); setAt(0); }} onKeyDown={onKeyDown} />
        <kbd>Esc</kbd>
      </div>
      <div id="qs-list" role="listbox" aria-label={text.side.rooms}>
        {found.map((item, i) => (
          <div key={item.room.room} id={`qs-${i}`} role="option" aria-selected={i === chosen} className="qr" onPointerMove={() => setAt(i)} onClick={() => { close(); go({ view: "room", room: item.room.room }); }}>
            <span className="h" aria-hidden="true">{item.room.type === "direct" ? <Icon name="person" /> : item.room.type === "private" ? <Icon name="lock" /> : "#"}</span>
            <span className="n"><bdi><Marked name={item.room.name} match={item.match} /></bdi></span>
            <small className="cut">{item.joined ? item.room.topic : text.rooms.members(item.room.members)}</small>
            {item.joined && item.room.unread > 0 && <span className="badge">{item.room.unread > 99 ? "99+" : item.room.unread}</span>}
          </div>
        ))}
      </div>
      {found.length === 0 && <button type="button" className="qr none" onClick={() => { close(); go({ view: "rooms" }); }}><Icon name="search" />{text.rooms.notFound(query)} {text.side.all}</button>}
    </dialog>
  );
}

function Marked({ name, match: { from, to } }: { name: string; match: Match }) {
  const shown = name.normalize("NFC");
  return to === 0 ? shown : <>{shown.slice(0, from)}<mark>{shown.slice(from, to)}</mark>{shown.slice(to)}</>;
}
