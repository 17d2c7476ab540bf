/** Writes what changed to the cache, a moment later and while nobody waits for it. */
import type { RoomHandle, RoomState } from "@chatmesh/client";
import { dropEntries, wipe, writeEntries, writeRooms } from "./database";

/** A busy room is written this often at most, in ms. */
const PAUSE_MS = 1_000;
/** Messages of a room that are kept. */
const NEWEST = 100;

const due = new Map<string, () => void>();
let timer: ReturnType<typeof setTimeout> | undefined;

function flush(): void {
  clearTimeout(timer);
  timer = undefined;
  const jobs = [...due.values()];
  due.clear();
  for (const job of jobs) job();
}

function later(name: string, job: () => void): void {
  due.set(name, job);
  timer ??= setTimeout(flush, PAUSE_MS);
}

export const keepRooms = (user: string, rooms: ReadonlyMap<string, RoomState>): void => later("rooms", () => void writeRooms(user, [...rooms.values()]));

export function keepEntries(user: string, handle: RoomHandle): void {
  later(handle.id, () => {
    if (handle.notFound) void dropEntries(user, handle.id);
    // In the middle of the history the newest are not there.
    else if (!handle.loading.initial && !handle.hasNewer && handle.entries.length > 0) void writeEntries(user, handle.id, handle.entries.slice(-NEWEST));
  });
}

/** A room that ended for this user leaves nothing on the device. */
export function forgetRoom(user: string, room: string): void {
  due.delete(room);
  void dropEntries(user, room);
}

/** A log-out that was asked for. */
export async function forgetAll(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  due.clear();
  await wipe();
}

addEventListener("pagehide", flush);
