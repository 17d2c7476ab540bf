/** One short sentence at the bottom: undo, copied, and what did not work. Never for success that can be seen anyway. */
import { makeStore } from "./store";

const TOAST_MS = 5_000;
export const toast = makeStore<string | undefined>(undefined);
let timer: ReturnType<typeof setTimeout> | undefined;

export function say(sentence: string): void {
  clearTimeout(timer);
  toast.set(sentence);
  timer = setTimeout(() => toast.set(undefined), TOAST_MS);
}
