/** Who belongs to the room, and the way to bring somebody in. */
import type { Member, Room } from "@chatmesh/client";
import { useEffect, useState } from "react";
import { Avatar } from "../app/Avatar";
import { Icon } from "../app/Icon";
import { client, useSession } from "../app/session";
import { say } from "../app/toast";
import { useText } from "../i18n/language";
import { learnNames } from "../room/names";
import type { OpenRoom } from "../room/opened";
import { mayManage } from "../room/rights";
import { writeTo } from "../room/RoomPage";

const PAGE = 100;
const FIND_MS = 150;

export function PeoplePanel({ open, state }: { open: OpenRoom; state: Room | undefined }) {
  const text = useText();
  const me = useSession((session) => session.me?.id);
  const [people, setPeople] = useState<readonly Member[] | "failed">();
  const [again, setAgain] = useState(0);
  useEffect(() => {
    let here = true;
    client.api.members(open.id, { limit: PAGE }).then(
      ({ members }) => {
        learnNames(members);
        if (here) setPeople(members);
      },
      () => here && setPeople("failed"),
    );
    return () => {
      here = false;
    };
  }, [open.id, state?.members, again]);
  const failed = (): void => say(text.act.failed);
  return (
    <div className="panel-in">
      {mayManage(state) && <Invite room={open.id} onDone={() => setAgain((n) => n + 1)} />}
      {people === "failed" && <p className="none">{text.room.panelFailed}</p>}
      <ul className="plist">
        {Array.isArray(people) && people.map((person: Member) => (
          <li key={person.id} className="row">
            <Avatar id={person.id} name={person.name} size={28} /><span className="n"><bdi>{person.name}</bdi></span>
            {(person.role === "owner" || person.role === "moderator") && <span className="tag">{text.room[person.role]}</span>}
            {person.id !== me && <button type="button" className="ib" aria-label={`${text.room.write}: ${person.name}`} title={text.room.write} onClick={() => void writeTo(person.id).catch(failed)}><Icon name="send" small /></button>}
            {person.id !== me && mayManage(state) && person.role !== "owner" && (
              <button type="button" className="ib" aria-label={`${text.room.remove}: ${person.name}`} title={text.room.remove} onClick={() => void client.api.removeMember(open.id, person.id).then(() => setAgain((n) => n + 1), failed)}><Icon name="x" small /></button>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Invite({ room, onDone }: { room: string; onDone: () => void }) {
  const text = useText();
  const [query, setQuery] = useState("");
  const [found, setFound] = useState<readonly { id: string; name: string }[]>([]);
  useEffect(() => {
    const wanted = query.normalize("NFC").trim();
    if (!wanted) {
      setFound([]);
      return undefined;
    }
    let here = true;
    const timer = setTimeout(() => void client.api.users(wanted).then(({ users }) => here && setFound(users), () => here && setFound([])), FIND_MS);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [query]);
  const add = (user: string): void =>
    void client.api.addMember(room, { user }).then(
      () => {
        setQuery("");
        onDone();
      },
      () => say(text.act.failed),
    );
  return (
    <div className="invite">
      <label className="field">{text.room.invite}<input value={query} placeholder={text.room.inviteFind} onChange={(event) => setQuery(event.target.value)} autoComplete="off" /></label>
      <ul>{found.map((person) => <li key={person.id}><button type="button" className="row" onClick={() => add(person.id)}><Avatar id={person.id} name={person.name} size={20} /><bdi className="n">{person.name}</bdi><Icon name="plus" small /></button></li>)}</ul>
    </div>
  );
}
