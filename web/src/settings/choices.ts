/** Choices of this device that are not looks: single letters as keys, notifications. */
import { makeStore, useStore, type Store } from "../app/store";

export interface Choices { letters: boolean; notify: boolean }
const KEY = "chatmesh.choices";

function read(): Choices {
  const made: Choices = { letters: true, notify: false };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Choices>;
    if (typeof kept.letters === "boolean") made.letters = kept.letters;
    if (typeof kept.notify === "boolean") made.notify = kept.notify;
  } catch {
    // Written by something else, or no storage: the defaults stand.
  }
  return made;
}

export const choices: Store<Choices> = makeStore(read());
export const useChoice = <K extends keyof Choices>(name: K): Choices[K] => useStore(choices, (all) => all[name]);

export function choose(change: Partial<Choices>): void {
  choices.set({ ...choices.get(), ...change });
  try {
    localStorage.setItem(KEY, JSON.stringify(choices.get()));
  } catch {
    // The choice then lives as long as the page.
  }
}
