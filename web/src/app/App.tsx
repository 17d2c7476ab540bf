/** Decides which screen stands: the door, or the rooms. */
import { lazy, Suspense, useEffect } from "react";
import { Sidebar } from "../sidebar/Sidebar";
import { RoomPage } from "../room/RoomPage";
import { useText } from "../i18n/language";
import { Welcome } from "../welcome/Welcome";
import { go, usePlace } from "./address";
import { switcher } from "../switcher/open";
import { Ended } from "./Ended";
import { useSession } from "./session";
import { useShortcuts } from "./shortcuts";
import { useStore } from "./store";
import { toast } from "./toast";

const AllRooms = lazy(() => import("../rooms/AllRooms").then((module) => ({ default: module.AllRooms })));
const loadSwitcher = () => import("../switcher/Switcher");
const Switcher = lazy(() => loadSwitcher().then((module) => ({ default: module.Switcher })));
const narrow = matchMedia("(max-width: 640px)");
const LAST = "chatmesh.last-room";

export function App() {
  const phase = useSession((session) => session.phase);
  const text = useText();
  const said = useStore(toast, (sentence) => sentence);
  useEffect(() => {
    if (phase === "out") document.title = "chatmesh";
  }, [phase]);
  return (
    <>
      {phase === "in" ? <Rooms /> : phase === "out" ? <Welcome /> : <div className="full" aria-busy="true" aria-label={text.app.loading} />}
      <div role="status">{said && <div className="toast">{said}</div>}</div>
    </>
  );
}

function Rooms() {
  const text = useText();
  const place = usePlace();
  const first = useSession((session) => session.rooms.keys().next().value);
  const jumping = useStore(switcher, (open) => open);
  useShortcuts();
  // Loaded before it is asked for: keys typed after Ctrl+K must not fall into the message field.
  useEffect(() => void loadSwitcher(), []);
  useEffect(() => {
    if (place.view === "room") localStorage.setItem(LAST, place.room);
    // A wide screen always shows a room; on a phone `/` is the list.
    if (place.view !== "home" || narrow.matches || first === undefined) return;
    const last = localStorage.getItem(LAST);
    go({ view: "room", room: last ?? first }, "replace");
  }, [place, first]);
  return (
    <div id="app" data-pane={place.view === "home" ? "list" : "page"}>
      {place.view === "room" && <a className="skip" href="#composer" onClick={(event) => { event.preventDefault(); document.getElementById("composer")?.focus(); }}>{text.app.skip}</a>}
      <Sidebar />
      {place.view === "room" ? <RoomPage id={place.room} seq={place.seq} thread={place.thread} /> : place.view === "rooms" ? <Suspense fallback={<main className="page" />}><AllRooms /></Suspense> : <main className="page"><div className="page-top" /><div className="still"><h1>{text.room.none}</h1></div></main>}
      {jumping && <Suspense fallback={null}><Switcher /></Suspense>}
      <Ended />
    </div>
  );
}
