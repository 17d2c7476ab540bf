/** A field that finds people by a part of their name, and a list to choose from. */
import { useEffect, useRef, useState } from "react";
import { Avatar } from "../app/Avatar";
import { Icon, type IconName } from "../app/Icon";
import { client, useSession } from "../app/session";
import { enterActs } from "../composer/enter";
import { useText } from "../i18n/language";

const FIND_MS = 150;
interface Found { id: string; name: string; guest: boolean }

export function PersonFinder({ label, icon, autoFocus, onChoose }: { label: string; icon: IconName; autoFocus?: boolean; onChoose: (user: string) => void }) {
  const text = useText();
  const me = useSession((session) => session.me?.id);
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<readonly Found[]>();
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const wanted = query.normalize("NFC").trim();
    if (!wanted) {
      setFound(undefined);
      return undefined;
    }
    let here = true;
    const timer = setTimeout(() => void client.api.users(wanted).then(({ users }) => here && setFound(users.filter((user) => user.id !== me)), () => here && setFound([])), FIND_MS);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [query, me]);
  const first = useRef<() => void>(() => undefined);
  first.current = () => found?.[0] && onChoose(found[0].id);
  useEffect(() => (field.current ? enterActs(field.current, () => first.current()) : undefined), []);
  return (
    <div className="finder">
      <label className="field">{label}<input ref={field} value={query} placeholder={text.room.inviteFind} maxLength={32} onChange={(event) => setQuery(event.target.value)} autoComplete="off" autoFocus={autoFocus} /></label>
      {found?.length === 0 && <p className="none">{text.room.nobody(query)}</p>}
      <ul>{found?.map((person) => <li key={person.id}><button type="button" className="row" onClick={() => onChoose(person.id)}><Avatar id={person.id} name={person.name} size={20} /><bdi className="n">{person.name}</bdi>{person.guest && <span className="tag">{text.time.guest}</span>}<Icon name={icon} small /></button></li>)}</ul>
    </div>
  );
}
