/** The look of this page's connection, told when its time has come. */
import { connectionLook, STRIP_MS, WORD_MS, type Look } from "./connection-look";
import { readSession, watchSession, type Session } from "./session";
import { makeStore, useStore } from "./store";

const look = makeStore<Look>("fine");
let known: Partial<Session> = {};
let timers: ReturnType<typeof setTimeout>[] = [];

function follow(): void {
  const { status, onLine } = readSession();
  const again = (): void => look.set(connectionLook(status, Date.now(), onLine));
  if (known.status === status && known.onLine === onLine) return;
  known = { status, onLine };
  timers.forEach(clearTimeout);
  timers = [WORD_MS, STRIP_MS].map((ms) => setTimeout(again, Math.max(0, status.since + ms - Date.now()) + 10));
  again();
}
watchSession(follow);
follow();

export const useConnectionLook = (): Look => useStore(look, (now) => now);
