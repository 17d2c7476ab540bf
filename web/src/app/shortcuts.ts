/** Keys that act everywhere. */
import { useEffect } from "react";
import { composing } from "../composer/enter";
import { choices } from "../settings/choices";
import { orderedRooms } from "../sidebar/Sidebar";
import { switcher } from "../switcher/open";
import { go, readPlace } from "./address";
import { readSession } from "./session";
import { makeStore } from "./store";

/** Whether the map of the keys stands open. */
export const keymap = makeStore(false);

const REGIONS = [".side a, .side button", "article[tabindex='0']", "#composer", ".panel button"] as const;

function nextRegion(by: 1 | -1): void {
  const at = REGIONS.findIndex((_, i) => document.activeElement?.closest([".side", ".tl", ".dock", ".panel"][i]!));
  for (let i = 1; i <= REGIONS.length; i++) {
    const target = document.querySelector<HTMLElement>(REGIONS[(at + by * i + REGIONS.length * 2) % REGIONS.length]!);
    if (target) return target.focus();
  }
}

/** The room above or below in the list as drawn; `unread` skips those without news. */
function nextRoom(by: 1 | -1, unread: boolean): void {
  const { rooms, people } = orderedRooms(readSession().rooms);
  const all = [...rooms, ...people];
  const place = readPlace();
  const at = all.findIndex((room) => place.view === "room" && room.room === place.room);
  for (let i = 1; i <= all.length; i++) {
    const room = all[(at + by * i + all.length * 2) % all.length];
    if (room && (!unread || room.unread > 0)) return go({ view: "room", room: room.room });
  }
}

const writing = (target: EventTarget | null): boolean => target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement;

export function useShortcuts(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent): void => {
      if (composing(event)) return;
      if ((event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.code === "KeyK") {
        event.preventDefault();
        switcher.set(!switcher.get());
      } else if (event.altKey && !event.ctrlKey && !event.metaKey && (event.key === "ArrowUp" || event.key === "ArrowDown")) {
        event.preventDefault();
        nextRoom(event.key === "ArrowUp" ? -1 : 1, event.shiftKey);
      } else if (((event.ctrlKey || event.metaKey) && event.key === "/") || (event.key === "?" && choices.get().letters && !writing(event.target))) {
        event.preventDefault();
        keymap.set(!keymap.get());
      } else if (event.key === "F6") {
        event.preventDefault();
        nextRegion(event.shiftKey ? -1 : 1);
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);
}
