/** The last state of this device in IndexedDB: the rooms of a user, and the newest messages of those that were open. */
import type { Entry, RoomState } from "@chatmesh/client";

const NAME = "chatmesh";
const VERSION = 1;
/** Rooms whose messages are kept; the longest unopened goes first. */
const ROOMS = 50;

interface Kept { key: string; at: number; entries: readonly Entry[] }

let opening: Promise<IDBDatabase | undefined> | undefined;

/** `undefined` where the browser gives no storage: everything then comes from the network. */
function open(): Promise<IDBDatabase | undefined> {
  return (opening ??= new Promise((resolve) => {
    try {
      const request = indexedDB.open(NAME, VERSION);
      request.onupgradeneeded = () => {
        request.result.createObjectStore("rooms");
        request.result.createObjectStore("entries", { keyPath: "key" }).createIndex("at", "at");
      };
      request.onsuccess = () => {
        // Another tab may wipe or renew it.
        request.result.onversionchange = () => {
          request.result.close();
          opening = undefined;
        };
        resolve(request.result);
      };
      request.onerror = request.onblocked = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  }));
}

/** Runs one transaction; a failure of the storage is never a failure of the page. */
async function run<T>(mode: IDBTransactionMode, work: (stores: { rooms: IDBObjectStore; entries: IDBObjectStore }) => IDBRequest<T> | undefined): Promise<T | undefined> {
  const database = await open();
  if (!database) return undefined;
  return new Promise((resolve) => {
    try {
      const transaction = database.transaction(["rooms", "entries"], mode);
      const request = work({ rooms: transaction.objectStore("rooms"), entries: transaction.objectStore("entries") });
      transaction.oncomplete = () => resolve(request?.result);
      transaction.onerror = transaction.onabort = () => resolve(undefined);
    } catch {
      resolve(undefined);
    }
  });
}

const keyOf = (user: string, room: string): string => `${user}/${room}`;

export const readRooms = async (user: string): Promise<readonly RoomState[]> => (await run<RoomState[] | undefined>("readonly", ({ rooms }) => rooms.get(user))) ?? [];
export const writeRooms = async (user: string, list: readonly RoomState[]): Promise<void> => void (await run("readwrite", ({ rooms }) => rooms.put(list, user)));

export const readEntries = async (user: string, room: string): Promise<readonly Entry[]> => (await run<Kept | undefined>("readonly", ({ entries }) => entries.get(keyOf(user, room))))?.entries ?? [];

export async function writeEntries(user: string, room: string, list: readonly Entry[]): Promise<void> {
  await run("readwrite", ({ entries }) => {
    entries.put({ key: keyOf(user, room), at: Date.now(), entries: list } satisfies Kept);
    const count = entries.count();
    count.onsuccess = () => {
      let over = count.result - ROOMS;
      if (over <= 0) return;
      const oldest = entries.index("at").openCursor();
      oldest.onsuccess = () => {
        if (!oldest.result || over-- <= 0) return;
        oldest.result.delete();
        oldest.result.continue();
      };
    };
    return undefined;
  });
}

export const dropEntries = async (user: string, room: string): Promise<void> => void (await run("readwrite", ({ entries }) => entries.delete(keyOf(user, room))));

/** Nothing of anybody stays. */
export async function wipe(): Promise<void> {
  await run("readwrite", ({ rooms, entries }) => {
    rooms.clear();
    return entries.clear();
  });
}
