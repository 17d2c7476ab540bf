/** Rooms and people of the user, in an order that does not move by itself. */
import type { RoomState } from "@chatmesh/client";
import { useMemo, useState } from "react";
import { linkTo, usePlace } from "../app/address";
import { deferred } from "../app/deferred";
import { Icon, Logo } from "../app/Icon";
import { useSession } from "../app/session";
import { useText } from "../i18n/language";
import { switcher } from "../switcher/open";
import { RoomRow } from "./RoomRow";
import { Self } from "./Self";

const Lively = deferred(() => import("../live/Lively").then((module) => module.Lively));
const NewTalk = deferred(() => import("../rooms/NewTalk").then((module) => module.NewTalk));
const NewRoom = deferred(() => import("../rooms/NewRoom").then((module) => module.NewRoom));
const MAC = /Mac|iP(hone|ad)/.test(navigator.platform);
/** On a phone the list is a page of its own. */
const narrow = matchMedia("(max-width: 640px)");
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const byName = (a: RoomState, b: RoomState): number => collator.compare(a.name, b.name) || (a.room < b.room ? -1 : 1);

/** The rooms as drawn: for the list and for Alt+arrows. */
export function orderedRooms(rooms: ReadonlyMap<string, RoomState>): { rooms: RoomState[]; people: RoomState[] } {
  const all = [...rooms.values()].sort(byName);
  return { rooms: all.filter((room) => room.type !== "direct"), people: all.filter((room) => room.type === "direct") };
}

export function Sidebar() {
  const text = useText();
  const place = usePlace();
  const session = useSession((now) => now.rooms);
  const lists = useMemo(() => orderedRooms(session), [session]);
  const [making, setMaking] = useState<"room" | "talk">();
  const current = place.view === "room" ? place.room : undefined;
  return (
    <nav className="side" aria-label={text.side.nav}>
      <div className="side-top"><Logo /></div>
      <button type="button" className="jump" onClick={() => switcher.set(true)}><Icon name="search" small /><span className="cut">{text.side.jump}</span><kbd>{MAC ? "⌘K" : "Ctrl K"}</kbd></button>
      <div className="side-scroll">
        <div className="sec"><h2>{text.side.rooms}</h2><button type="button" className="ib" aria-label={text.side.create} title={text.side.create} onClick={() => setMaking("room")}><Icon name="plus" small /></button></div>
        {lists.rooms.length === 0 && <p className="none">{text.side.none}</p>}
        <ul>{lists.rooms.map((room) => <li key={room.room}><RoomRow room={room} current={room.room === current} /></li>)}</ul>
        <div className="sec"><h2>{text.side.people}</h2><button type="button" className="ib" aria-label={text.side.message} title={text.side.message} onClick={() => setMaking("talk")}><Icon name="plus" small /></button></div>
        {lists.people.length === 0 && <p className="none">{text.side.noPeople}</p>}
        <ul>{lists.people.map((room) => <li key={room.room}><RoomRow room={room} current={room.room === current} /></li>)}</ul>
        <Lively watching={!narrow.matches || place.view === "home"} />
        <a className="row all" aria-current={place.view === "rooms" ? "page" : undefined} {...linkTo({ view: "rooms" })}>{text.side.all}</a>
      </div>
      <Self />
      {making === "room" && <NewRoom onClose={() => setMaking(undefined)} />}
      {making === "talk" && <NewTalk onClose={() => setMaking(undefined)} />}
    </nav>
  );
}
