/** What the connection looks like to a person: silent at first, a word after 2 s, a strip after 8 s. */
import { useEffect, useState } from "react";
import type { Status } from "@chatmesh/client";
import { useSession } from "./session";

export type Look = "fine" | "word" | "strip";
const WORD_MS = 2_000;
const STRIP_MS = 8_000;

/** @param onLine what the browser knows: `false` is certain, `true` is not. */
export function connectionLook(status: Pick<Status, "state" | "since" | "silent">, now: number, onLine: boolean): Look {
  if (status.state === "online" || status.state === "idle") return "fine";
  if (!onLine) return "strip";
  const away = now - status.since;
  if (away >= STRIP_MS) return "strip";
  return away >= WORD_MS && status.silent !== true ? "word" : "fine";
}

export function useConnectionLook(): Look {
  const status = useSession((session) => session.status);
  const [, redraw] = useState(0);
  useEffect(() => {
    const again = (): void => redraw((n) => n + 1);
    addEventListener("online", again);
    addEventListener("offline", again);
    const waits = [WORD_MS, STRIP_MS].map((ms) => setTimeout(again, Math.max(0, status.since + ms - Date.now()) + 10));
    return () => {
      removeEventListener("online", again);
      removeEventListener("offline", again);
      waits.forEach(clearTimeout);
    };
  }, [status]);
  return connectionLook(status, Date.now(), navigator.onLine);
}
