/** Everything the switcher may go to, from what the page knows already: rooms first, then people. */
import type { Room } from "@chatmesh/client";
import { findName, type Match } from "./hangul";

export type Found =
  | { kind: "room"; key: string; room: Room; match: Match; joined: boolean }
  | { kind: "person"; key: string; id: string; name: string; room?: Room; match: Match };

const ROOMS = 6;
const PEOPLE = 4;
/** Shown without a question: the unread ones first. */
const BEFORE = 9;

interface Known {
  joined: ReadonlyMap<string, Room>;
  others: readonly Room[];
  people: readonly { id: string; name: string }[];
}

/** `#` asks for rooms only, `@` for people only. */
export function findPlaces(query: string, { joined, others, people }: Known): Found[] {
  const sign = query.trim()[0];
  const asked = query.trim().replace(/^[#@]/, "");
  const rooms: (Found & { kind: "room" })[] = [];
  const persons: (Found & { kind: "person" })[] = [];
  for (const room of joined.values()) {
    const match = findName(asked, room.name);
    if (!match) continue;
    if (room.type === "direct") persons.push({ kind: "person", key: room.room, id: room.room, name: room.name, room, match });
    else rooms.push({ kind: "room", key: room.room, room, match, joined: true });
  }
  for (const room of others) {
    const match = joined.has(room.room) ? undefined : findName(asked, room.name);
    if (match) rooms.push({ kind: "room", key: room.room, room, match, joined: false });
  }
  const named = new Set(persons.map((person) => person.name));
  for (const { id, name } of people) {
    const match = asked === "" || named.has(name) ? undefined : findName(asked, name);
    if (match) persons.push({ kind: "person", key: id, id, name, match });
  }
  const news = (item: Found): number => ((item.kind === "room" && !item.joined) || !item.room || item.room.unread === 0 ? 1 : 0);
  const order = (a: Found, b: Found): number => a.match.rank - b.match.rank || news(a) - news(b) || (b.room?.last?.ts ?? 0) - (a.room?.last?.ts ?? 0);
  rooms.sort((a, b) => a.match.rank - b.match.rank || Number(b.joined) - Number(a.joined) || order(a, b));
  persons.sort(order);
  if (asked === "" && sign === undefined) return [...rooms.filter((item) => item.joined), ...persons].sort((a, b) => news(a) - news(b)).slice(0, BEFORE).sort((a, b) => Number(a.kind === "person") - Number(b.kind === "person"));
  return [...(sign === "@" ? [] : rooms.slice(0, sign === "#" ? BEFORE : ROOMS)), ...(sign === "#" ? [] : persons.slice(0, sign === "@" ? BEFORE : PEOPLE))];
}
