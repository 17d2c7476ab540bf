/** Times and days in the viewer's language and time zone. */
import type { Language } from "./language";
import type { Text } from "./en";

const formats = new Map<string, Intl.DateTimeFormat>();

function format(lang: Language, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = lang + name;
  let made = formats.get(key);
  if (!made) formats.set(key, (made = new Intl.DateTimeFormat(lang === "ko" ? "ko-KR" : "en-GB", options)));
  return made;
}

/** 21:03 · 오후 9:03 */
export const clockTime = (ts: number, lang: Language): string => format(lang, "t", { hour: lang === "ko" ? "numeric" : "2-digit", minute: "2-digit" }).format(ts);
/** Full date and time, for tooltips and names of messages. */
export const fullTime = (ts: number, lang: Language): string => format(lang, "f", { dateStyle: "long", timeStyle: "short" }).format(ts);

/** A number that is equal for two times of one local day. */
export function dayOf(ts: number): number {
  const date = new Date(ts);
  return date.getFullYear() * 10_000 + (date.getMonth() + 1) * 100 + date.getDate();
}

/** "Today", "Yesterday", or the date; the year only when it is another one. */
export function dayName(ts: number, now: number, text: Text): string {
  const lang = text.lang as Language;
  if (dayOf(ts) === dayOf(now)) return text.time.today;
  const before = new Date(now);
  before.setDate(before.getDate() - 1);
  if (dayOf(ts) === dayOf(before.getTime())) return text.time.yesterday;
  const sameYear = new Date(ts).getFullYear() === new Date(now).getFullYear();
  return format(lang, sameYear ? "d" : "dy", { weekday: "long", day: "numeric", month: "long", ...(sameYear ? {} : { year: "numeric" }) }).format(ts);
}

/** For lists: the time today, else the date. */
export const listTime = (ts: number, now: number, lang: Language): string =>
  dayOf(ts) === dayOf(now) ? clockTime(ts, lang) : format(lang, "s", { day: "numeric", month: "short" }).format(ts);
