/** Choices of this device that are not looks: single letters as keys, notifications, sounds, rooms that are to be quiet. */
import { makeStore, useStore, type Store } from "../app/store";

export interface Choices { letters: boolean; notify: boolean; sound: boolean; muted: readonly string[] }
const KEY = "chatmesh.choices";

function read(): Choices {
  const made: Choices = { letters: true, notify: false, sound: false, muted: [] };
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Choices>;
    for (const name of ["letters", "notify", "sound"] as const) if (typeof kept[name] === "boolean") made[name] = kept[name];
    if (Array.isArray(kept.muted)) made.muted = kept.muted.filter((room) => typeof room === "string");
  } catch {
    // Written by something else, or no storage: the defaults stand.
  }
  return made;
}

export const choices: Store<Choices> = makeStore(read());
export const useChoice = <K extends keyof Choices>(name: K): Choices[K] => useStore(choices, (all) => all[name]);

export const useMuted = (room: string): boolean => useChoice("muted").includes(room);

export function mute(room: string, on: boolean): void {
  const others = choices.get().muted.filter((other) => other !== room);
  choose({ muted: on ? [...others, room] : others });
}

export function choose(change: Partial<Choices>): void {
  choices.set({ ...choices.get(), ...change });
  try {
    localStorage.setItem(KEY, JSON.stringify(choices.get()));
  } catch {
    // The choice then lives as long as the page.
  }
}
