/** Members and who is there, as two lists. Pure. */
import type { Member, RoomPresence } from "@chatmesh/client";
import { dayOf, listTime } from "../i18n/clock";
import type { Language } from "../i18n/language";
import type { Text } from "../i18n/en";

/** Without a role: reads along. */
export type Listed = Omit<Member, "role" | "read"> & { role?: Member["role"] };

/**
 * @param left when somebody went, of those who were seen going
 * @returns `absent` alone when nothing is known of presence
 */
export function gather(members: readonly Member[], presence: RoomPresence | undefined, left: ReadonlyMap<string, number>): { present: Listed[]; absent: Listed[] } {
  if (!presence) return { present: [], absent: [...members] };
  const { people, count } = presence;
  // Of a crowd only a sample is named: for the rest stands what came with the list.
  const named = people.size >= count;
  const present: Listed[] = [];
  const absent: Listed[] = [];
  for (const { state, text, seen, ...member } of members) {
    const here = people.get(member.id) ?? (named || state === undefined ? undefined : { state, ...(text === undefined ? {} : { text }) });
    const went = left.get(member.id) ?? seen;
    if (here) present.push({ ...member, state: here.state, ...(here.text === undefined ? {} : { text: here.text }) });
    else absent.push({ ...member, ...(went === undefined ? {} : { seen: went }) });
  }
  const known = new Set(members.map(({ id }) => id));
  for (const person of people.values()) if (!known.has(person.id)) present.push(person);
  return { present, absent };
}

const MINUTE_MS = 60_000;
const HOUR = 60;

/** just now · 5 min ago · 21:03 · yesterday · 27 Feb */
export function seenWhen(ts: number, now: number, text: Text): string {
  const minutes = Math.max(0, Math.floor((now - ts) / MINUTE_MS));
  if (minutes === 0) return text.live.now;
  if (minutes < HOUR) return text.live.minutes(minutes);
  const before = new Date(now);
  before.setDate(before.getDate() - 1);
  return dayOf(ts) === dayOf(before.getTime()) ? text.live.yesterday : listTime(ts, now, text.lang as Language);
}
