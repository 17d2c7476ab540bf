/** What the connection looks like to a person: silent at first, a word after 2 s, a strip after 8 s. */
import type { Status } from "@chatmesh/client";

export type Look = "fine" | "word" | "strip";
export const WORD_MS = 2_000;
export const STRIP_MS = 8_000;

/** @param onLine what the browser knows: `false` is certain, `true` is not. */
export function connectionLook(status: Pick<Status, "state" | "since" | "silent">, now: number, onLine: boolean): Look {
  if (status.state === "idle") return "fine";
  // The socket may believe in a connection for a while that the browser knows to be gone.
  if (!onLine) return "strip";
  if (status.state === "online") return "fine";
  const away = now - status.since;
  if (away >= STRIP_MS) return "strip";
  return away >= WORD_MS && status.silent !== true ? "word" : "fine";
}
