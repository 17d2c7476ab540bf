/** The time of day for what is on screen; moves once a minute, so that "Today" becomes "Yesterday" by itself. */
import { makeStore, useStore } from "./store";

const MINUTE_MS = 60_000;
const now = makeStore(Date.now());
setInterval(() => now.set(Date.now()), MINUTE_MS);
document.addEventListener("visibilitychange", () => now.set(Date.now()));

export const useNow = (): number => useStore(now, (value) => value);
