/** Choices of this device that are not looks: single letters as keys, notifications, sounds. */
import { makeStore, useStore, type Store } from "../app/store";

export interface Choices { letters: boolean; notify: boolean; sound: boolean }
const KEY = "chatmesh.choices";

function read(): Choices {
  const made: Choices = { letters: true, notify: false, sound: false };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Choices>;
    for (const name of ["letters", "notify", "sound"] as const) if (typeof kept[name] === "boolean") made[name] = kept[name];
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
