/** Deletions that can still be undone: the message folds at once, the event leaves after 5 s. */
import type { RoomHandle } from "@chatmesh/client";
import { makeStore, useStore } from "../app/store";

const UNDO_MS = 5_000;
interface Waiting { handle: RoomHandle; seq: number; timer: ReturnType<typeof setTimeout> }

const waiting = makeStore<ReadonlyMap<string, Waiting>>(new Map());
const keyOf = (handle: RoomHandle, seq: number): string => `${handle.id} ${seq}`;

function drop(key: string): void {
  const next = new Map(waiting.get());
  next.delete(key);
  waiting.set(next);
}

export function deleteSoon(handle: RoomHandle, seq: number): void {
  const key = keyOf(handle, seq);
  if (waiting.get().has(key)) return;
  const timer = setTimeout(() => {
    drop(key);
    handle.delete(seq);
  }, UNDO_MS);
  waiting.set(new Map(waiting.get()).set(key, { handle, seq, timer }));
}

export function undoDelete(handle: RoomHandle, seq: number): void {
  const key = keyOf(handle, seq);
  clearTimeout(waiting.get().get(key)?.timer);
  drop(key);
}

export const useDeletion = (handle: RoomHandle, seq: number): boolean => useStore(waiting, (map) => map.has(keyOf(handle, seq)));

// Who closes the page meant it: the outbox takes what still waits.
addEventListener("pagehide", () => {
  for (const [key, { handle, seq, timer }] of waiting.get()) {
    clearTimeout(timer);
    drop(key);
    handle.delete(seq);
  }
});
