/** Everything behind the door: sidebar, room, panels. Loaded behind the first paint of the door, before it by whoever is in. */
import { useEffect } from "react";
import { useText } from "../i18n/language";
import { RoomPage } from "../room/RoomPage";
import { Sidebar } from "../sidebar/Sidebar";
import { switcher } from "../switcher/open";
import { go, usePlace } from "./address";
import { deferred } from "./deferred";
import { EndedPage, LoginAgain, useEnd } from "./Ended";
import { useSession } from "./session";
import { keymap, useShortcuts } from "./shortcuts";
import { useStore } from "./store";

const AllRooms = deferred(() => import("../rooms/AllRooms").then((module) => module.AllRooms), <main className="page" />);
const Switcher = deferred(() => import("../switcher/Switcher").then((module) => module.Switcher));
const KeyMap = deferred(() => import("./KeyMap").then((module) => module.KeyMap), null, "use");
const narrow = matchMedia("(max-width: 640px)");
const LAST = "chatmesh.last-room";

export function Rooms() {
  const text = useText();
  const place = usePlace();
  const first = useSession((session) => {
    const last = localStorage.getItem(LAST);
    return last !== null && session.rooms.has(last) ? last : session.rooms.keys().next().value;
  });
  const jumping = useStore(switcher, (open) => open);
  const keys = useStore(keymap, (open) => open);
  const end = useEnd();
  useShortcuts();
  useEffect(() => {
    if (place.view === "room") localStorage.setItem(LAST, place.room);
    // A wide screen always shows a room; on a phone `/` is the list.
    if (place.view !== "home" || narrow.matches || first === undefined) return;
    go({ view: "room", room: first }, "replace");
  }, [place, first]);
  if (end === "replaced" || end === "banned") return <EndedPage end={end} />;
  return (
    <div id="app" data-pane={place.view === "home" ? "list" : "page"}>
      {place.view === "room" && <a className="skip" href="#composer" onClick={(event) => { event.preventDefault(); document.getElementById("composer")?.focus(); }}>{text.app.skip}</a>}
      {/* On a phone the list is a page of its own, and a page has a heading. */}
      {place.view === "home" && <main className="list-title vh"><h1>{text.side.nav}</h1></main>}
      <Sidebar />
      {place.view === "room" ? <RoomPage id={place.room} seq={place.seq} thread={place.thread} /> : place.view === "rooms" ? <AllRooms /> : <main className="page"><div className="page-top" /><div className="still"><h1>{text.room.none}</h1></div></main>}
      {jumping && <Switcher />}
      {keys && <KeyMap onClose={() => keymap.set(false)} />}
      {end === "ended" && <LoginAgain />}
    </div>
  );
}
