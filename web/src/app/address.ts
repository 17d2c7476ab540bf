/** Addresses: `/`, `/rooms`, `/r/<room>`, `/r/<room>/<seq>`, `/r/<room>/t/<seq>`. */
import { makeStore, useStore } from "./store";

export type Place =
  | { view: "home" }
  | { view: "rooms" }
  | { view: "room"; room: string; seq?: number; thread?: number };

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const SEQ = /^[0-9]{1,16}$/;

export function parseAddress(path: string): Place {
  const [first, room, third, fourth] = path.split("/").filter(Boolean);
  if (first === "rooms") return { view: "rooms" };
  if (first !== "r" || !room || !ID.test(room)) return { view: "home" };
  if (third === "t" && fourth && SEQ.test(fourth)) return { view: "room", room, thread: Number(fourth) };
  if (third && SEQ.test(third)) return { view: "room", room, seq: Number(third) };
  return { view: "room", room };
}

export function addressOf(place: Place): string {
  switch (place.view) {
    case "home":
      return "/";
    case "rooms":
      return "/rooms";
    case "room":
      return `/r/${place.room}${place.thread !== undefined ? `/t/${place.thread}` : place.seq !== undefined ? `/${place.seq}` : ""}`;
  }
}

const place = makeStore<Place>(parseAddress(location.pathname));
addEventListener("popstate", () => place.set(parseAddress(location.pathname)));

export const usePlace = (): Place => useStore(place, (now) => now);
export const readPlace = (): Place => place.get();

/** Goes to a place; `replace` leaves no step to come back to. */
export function go(to: Place, how: "push" | "replace" = "push"): void {
  const path = addressOf(to);
  if (path !== location.pathname) history[how === "push" ? "pushState" : "replaceState"](null, "", path);
  place.set(to);
}

/** For links: a plain click stays in the page, any other (new tab, copy) is the browser's. */
export function linkTo(to: Place): { href: string; onClick: (event: React.MouseEvent) => void } {
  return {
    href: addressOf(to),
    onClick: (event) => {
      if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
      event.preventDefault();
      go(to);
    },
  };
}
