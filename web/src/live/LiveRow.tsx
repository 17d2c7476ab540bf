/** A ranked room in two lines: its place, its name, how many were there, and the last that was said. */
import type { Entry, Ranked } from "@chatmesh/client";
import { Icon } from "../app/Icon";
import type { Text } from "../i18n/en";
import { useText } from "../i18n/language";
import { QuoteLine } from "../timeline/QuoteLine";

/** The server counts no further. */
const MOST = 100_000;
export const manyPeople = (n: number, lang: string): string => (n > MOST ? "100k+" : n.toLocaleString(lang));

/** The last that was said (with who said it), or who came or went since. */
export function lastWords({ last }: { last?: Entry | undefined }, text: Text): { name?: string; words: string } | undefined {
  if (!last) return undefined;
  if (last.kind === "message") return last.body?.text === undefined ? undefined : { name: last.from.name, words: last.body.text };
  const kind = (["joined", "left", "created"] as const).find((one) => one === last.kind);
  // What somebody else did for him would need his name too.
  return kind && last.target === undefined ? { words: text.time[kind](last.from.name) } : undefined;
}

export function LiveRow({ room, rank, link }: { room: Ranked; rank: number; link: { href: string; onClick: (event: React.MouseEvent) => void } }) {
  const text = useText();
  const last = lastWords(room, text);
  const people = manyPeople(room.active_30m, text.lang);
  return (
    <a className="live" data-room={room.room} {...link}>
      <span className="rk num">{rank}</span>
      <span className="n cut"><bdi>{room.name}</bdi></span>
      <span className="ct num" role="img" aria-label={text.live.people(people)} title={text.live.people(people)}><Icon name="person" small />{people}</span>
      <span className="pv cut">{last?.name !== undefined && <><bdi>{last.name}</bdi>: </>}<bdi>{last?.name !== undefined ? <QuoteLine text={last.words} /> : last?.words ?? "\u00a0"}</bdi></span>
    </a>
  );
}
