/** The one client of this page and the state of the session: who is in, how the connection is, which rooms are ours. */
import { Client, type RoomState, type Status, type User } from "@chatmesh/client";
import { readRooms } from "../cache/database";
import { forgetAll, forgetRoom, keepRooms } from "../cache/keep";
import { makeStore, useStore } from "./store";

export const client = new Client({ name: "chatmesh-web", version: "0.1.0" });

/** `out`: nobody. `in`: somebody, perhaps offline. */
export type Phase = "out" | "in";

export interface Session {
  phase: Phase;
  me: User | undefined;
  status: Status;
  rooms: ReadonlyMap<string, RoomState>;
  /** What the browser knows: `false` is certain, `true` is not. */
  onLine: boolean;
}

/** Whether what is sent now leaves now. */
export const connected = (now: Session): boolean => now.status.state === "online" && now.onLine;

const session = makeStore<Session>({ phase: "out", me: undefined, status: client.status, rooms: new Map(), onLine: navigator.onLine });
const change = (part: Partial<Session>): void => session.set({ ...session.get(), ...part });

export const useSession = <T>(pick: (session: Session) => T): T => useStore(session, pick);
export const readSession = (): Session => session.get();
export const watchSession = session.subscribe;

/** Counts and previews in the list may lag this much, in ms: 20 busy rooms change hundreds of times a second. */
const NEWS_MS = 100;
let copying: ReturnType<typeof setTimeout> | undefined;
function copyRooms(): void {
  clearTimeout(copying);
  copying = undefined;
  // Before the first answer the rooms of the last visit stand.
  if (client.rooms.size === 0 && client.status.state !== "online") return;
  change({ rooms: new Map(client.rooms) });
  if (client.me) keepRooms(client.me.id, client.rooms);
}
const copySoon = (): void => {
  copying ??= setTimeout(copyRooms, NEWS_MS);
};

const away = (status: Status): boolean => status.state === "connecting" || status.state === "reconnecting";

client.on("status", (next) => {
  const before = session.get().status;
  // Every attempt is a state of its own to the SDK; to a person it is one break from its beginning.
  const same = away(before) && away(next);
  change({ status: { ...next, since: same ? before.since : Date.now(), silent: next.silent === true || (same && before.silent === true) } });
});
// A login that ended under way keeps its name on the screen: the dialog over the room asks to log in again.
client.on("me", () => client.me && change({ me: client.me }));
for (const name of ["rooms", "room", "room_gone"] as const) client.on(name, copyRooms);
client.on("room_gone", ({ room }) => client.me && forgetRoom(client.me.id, room));
for (const name of ["activity", "event", "read"] as const) client.on(name, copySoon);

// Who reads and moves is there, although nothing is sent.
for (const name of ["pointermove", "pointerdown", "keydown"]) addEventListener(name, () => client.live.noteActivity(), { passive: true });
for (const name of ["online", "offline"] as const) addEventListener(name, () => change({ onLine: navigator.onLine }));

/** After a log-in of any kind: connects and shows the application. */
export function enter(): void {
  change({ me: client.me, phase: "in" });
  client.connect();
}

/** Tries to connect at once instead of at the end of the wait. */
export function retryNow(): void {
  client.close();
  client.connect();
}

/** Ends the session on this device, or on all of them; what this device kept of it goes too. */
export async function leave(all: boolean): Promise<void> {
  try {
    await forgetAll();
    await client.logout({ all });
  } finally {
    client.close();
    change({ me: undefined, phase: "out", rooms: new Map() });
  }
}

/** Takes up the session of an earlier visit; tells whether there is one. Nothing is to be drawn before. */
export async function start(): Promise<boolean> {
  if (!(await client.restore())) return false;
  // The network need not wait for the storage, nor the other way round.
  client.connect();
  const rooms = await readRooms(client.me?.id ?? "");
  if (session.get().rooms.size === 0) change({ rooms: new Map(rooms.map((room) => [room.room, room])) });
  enter();
  return true;
}
