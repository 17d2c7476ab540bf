/** The people an `@` may mean: those of the room first. */
import { useEffect, useMemo, useState } from "react";
import { Avatar } from "../app/Avatar";
import { client } from "../app/session";
import { useText } from "../i18n/language";
import type { OpenRoom } from "../room/opened";
import { findName } from "../switcher/hangul";

export interface Person { id: string; name: string }
/** An `@` under way: where it stands and what follows it. */
export interface Asked { from: number; query: string }

const SHOWN = 6;
const FIND_MS = 120;
const ASKING = /(?:^|[\s(])@([^\s@<>]{0,32})$/u;

/** The mention that is being written before the caret, if any. */
export function askedAt(text: string, caret: number): Asked | undefined {
  const match = ASKING.exec(text.slice(0, caret));
  return match ? { from: caret - match[1]!.length - 1, query: match[1]! } : undefined;
}

/** Who fits: the room's people from what is loaded and from its members, then others by the server's search. */
export function usePeople(open: OpenRoom, asked: Asked | undefined): readonly (Person & { here: boolean })[] {
  const [members, setMembers] = useState<readonly Person[]>([]);
  const [others, setOthers] = useState<readonly Person[]>([]);
  const asking = asked !== undefined;
  const query = asked?.query ?? "";
  useEffect(() => {
    if (asking) client.api.members(open.id, { limit: 100 }).then((page) => setMembers(page.members), () => undefined);
  }, [asking, open.id]);
  useEffect(() => {
    if (!query) return undefined;
    let here = true;
    const timer = setTimeout(() => void client.api.users(query).then(({ users }) => here && setOthers(users), () => undefined), FIND_MS);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [query]);
  return useMemo(() => {
    if (!asking) return [];
    const found = new Map<string, Person & { here: boolean; rank: number }>();
    const add = (people: Iterable<Person>, here: boolean): void => {
      for (const { id, name } of people) {
        const match = findName(query, name);
        if (match && id !== client.me?.id && !found.has(id)) found.set(id, { id, name, here, rank: match.rank });
      }
    };
    add(members, true);
    add(open.handle.entries.slice(-200).reverse().map((entry) => entry.from), true);
    add(others, false);
    return [...found.values()].sort((a, b) => Number(b.here) - Number(a.here) || a.rank - b.rank).slice(0, SHOWN);
  }, [asking, query, members, others, open]);
}

export function MentionList({ people, chosen, onChoose }: { people: readonly (Person & { here: boolean })[]; chosen: number; onChoose: (person: Person) => void }) {
  const text = useText();
  return (
    <div className="mn" id="mentions" role="listbox" aria-label={text.room.people}>
      {people.map((person, i) => (
        <div key={person.id} id={`mention-${i}`} className="qr" role="option" aria-selected={i === chosen} onPointerDown={(event) => { event.preventDefault(); onChoose(person); }}>
          <Avatar id={person.id} name={person.name} size={20} /><span className="n"><bdi>{person.name}</bdi></span>{!person.here && <small className="cut">{text.write.notHere}</small>}
        </div>
      ))}
    </div>
  );
}
