/** A ranked room in two lines: its place, its name, how many were there, and the last that was said. */
import type { Ranked } from "@chatmesh/client";
import { Icon } from "../app/Icon";
import { useText } from "../i18n/language";
import { QuoteLine } from "../timeline/QuoteLine";

/** The server counts no further. */
const MOST = 100_000;
export const manyPeople = (n: number, lang: string): string => (n > MOST ? "100k+" : n.toLocaleString(lang));

/** The last that was said, as far as it was words. */
export const lastWords = (room: Pick<Ranked, "last">): { name: string; words: string } | undefined =>
  room.last?.kind !== "message" || room.last.body?.text === undefined ? undefined : { name: room.last.from.name, words: room.last.body.text };

export function LiveRow({ room, rank, link }: { room: Ranked; rank: number; link: { href: string; onClick: (event: React.MouseEvent) => void } }) {
  const text = useText();
  const last = lastWords(room);
  const people = manyPeople(room.active_30m, text.lang);
  return (
    <a className="live" data-room={room.room} {...link}>
      <span className="rk num">{rank}</span>
      <span className="n cut"><bdi>{room.name}</bdi></span>
      <span className="ct num" role="img" aria-label={text.live.people(people)} title={text.live.people(people)}><Icon name="person" small />{people}</span>
      <span className="pv cut">{last ? <><bdi>{last.name}</bdi>: <bdi><QuoteLine text={last.words} /></bdi></> : "\u00a0"}</span>
    </a>
  );
}
