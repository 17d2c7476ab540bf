/** Tells a screen reader what arrives live: up to three messages in 5 s in words, then their number. Never what scrolling mounts. */
import { useEffect, useRef, useState } from "react";
import { client } from "../app/session";
import { useText } from "../i18n/language";
import type { OpenRoom } from "../room/opened";
import { quoteText } from "./quote";

const WINDOW_MS = 5_000;
const IN_WORDS = 3;

export function Announcer({ open, roomName }: { open: OpenRoom; roomName: string }) {
  const text = useText();
  const [said, setSaid] = useState("");
  const newest = useRef(0);
  const burst = useRef<{ since: number; count: number }>({ since: 0, count: 0 });
  useEffect(() => {
    const { handle, timeline } = open;
    newest.current = handle.entries.at(-1)?.seq ?? 0;
    let ready = !handle.loading.initial;
    return timeline.subscribe(() => {
      const last = handle.entries.at(-1)?.seq ?? 0;
      if (!ready) {
        ready = !handle.loading.initial;
        newest.current = last;
        return;
      }
      if (last <= newest.current) return;
      const fresh = handle.entries.filter((entry) => entry.seq > newest.current && entry.kind === "message" && !entry.deleted && entry.from.id !== client.me?.id);
      newest.current = last;
      if (fresh.length === 0) return;
      const now = Date.now();
      if (now - burst.current.since > WINDOW_MS) burst.current = { since: now, count: 0 };
      burst.current.count += fresh.length;
      const newestOne = fresh.at(-1)!;
      setSaid(burst.current.count > IN_WORDS ? text.time.announceMany(burst.current.count, roomName) : text.time.announce(newestOne.from.name, quoteText(newestOne.body?.text ?? "")));
    });
  }, [open, roomName, text]);
  return <div className="vh" aria-live="polite">{said}</div>;
}
