/** What was begun and not sent, per room and per thread; survives a reload, marks its room in the list. */
import { makeStore, useStore } from "../app/store";

const PREFIX = "chatmesh.draft.";
const DELAY_MS = 250;

export interface Draft { text: string; reply?: number }

function readAll(): Map<string, Draft> {
  const found = new Map<string, Draft>();
  for (let i = 0; i < localStorage.length; i++) {
    const key = localStorage.key(i);
    if (!key?.startsWith(PREFIX)) continue;
    try {
      const draft = JSON.parse(localStorage.getItem(key) ?? "") as Draft;
      if (typeof draft.text === "string") found.set(key.slice(PREFIX.length), draft);
    } catch {
      localStorage.removeItem(key);
    }
  }
  return found;
}

const drafts = makeStore<ReadonlyMap<string, Draft>>(readAll());
const timers = new Map<string, ReturnType<typeof setTimeout>>();

/** A room's own draft has the room's id, a thread's the root's `seq` behind it. */
export const draftKey = (room: string, thread?: number): string => (thread === undefined ? room : `${room}/${thread}`);
export const readDraft = (key: string): Draft | undefined => drafts.get().get(key);
export const useHasDraft = (key: string): boolean => useStore(drafts, (map) => Boolean(map.get(key)?.text.trim()));

function write(key: string): void {
  timers.delete(key);
  const draft = drafts.get().get(key);
  try {
    if (draft) localStorage.setItem(PREFIX + key, JSON.stringify(draft));
    else localStorage.removeItem(PREFIX + key);
  } catch {
    // A full storage loses the draft at a reload, not now: it stays in memory.
  }
}

export function keepDraft(key: string, draft: Draft | undefined): void {
  const next = new Map(drafts.get());
  if (draft && (draft.text || draft.reply !== undefined)) next.set(key, draft);
  else next.delete(key);
  drafts.set(next);
  if (!timers.has(key)) timers.set(key, setTimeout(() => write(key), DELAY_MS));
}

/** A log-out that the user asked for leaves nothing behind on this device. */
export function forgetDrafts(): void {
  for (const key of [...drafts.get().keys()]) keepDraft(key, undefined);
  for (const key of [...timers.keys()]) write(key);
}

addEventListener("pagehide", () => [...timers.keys()].forEach(write));
