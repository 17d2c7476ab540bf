/** Who belongs to the room, and the way to bring somebody in. */
import type { Member, Room, RoomRole } from "@chatmesh/client";
import { useEffect, useState } from "react";
import { Avatar } from "../app/Avatar";
import { Icon } from "../app/Icon";
import { client, useSession } from "../app/session";
import { say } from "../app/toast";
import { useText } from "../i18n/language";
import { learnNames } from "../room/names";
import type { OpenRoom } from "../room/opened";
import { mayManage } from "../room/rights";
import { writeTo } from "../room/write-to";
import { PersonFinder } from "../rooms/PersonFinder";

const PAGE = 100;
const ROLES: readonly RoomRole[] = ["owner", "moderator", "member"];

export function PeoplePanel({ open, state }: { open: OpenRoom; state: Room | undefined }) {
  const text = useText();
  const me = useSession((session) => session.me?.id);
  const [people, setPeople] = useState<readonly Member[]>();
  const [next, setNext] = useState<string>();
  const [failed, setFailed] = useState(false);
  const [again, setAgain] = useState(0);
  const load = (after: string | undefined, here: () => boolean): void => {
    client.api.members(open.id, { limit: PAGE, ...(after === undefined ? {} : { after }) }).then(
      (page) => {
        learnNames(page.members);
        if (!here()) return;
        setFailed(false);
        setPeople((before) => (after === undefined ? page.members : [...(before ?? []), ...page.members]));
        setNext(page.next);
      },
      () => here() && setFailed(true),
    );
  };
  useEffect(() => {
    let here = true;
    load(undefined, () => here);
    return () => {
      here = false;
    };
  }, [open.id, state?.members, again]);
  const reload = (): void => setAgain((n) => n + 1);
  const sorry = (): void => say(text.act.failed);
  const owns = state?.role === "owner" && state.type !== "direct";
  return (
    <div className="panel-in">
      {mayManage(state) && <PersonFinder label={text.room.invite} icon="plus" onChoose={(user) => void client.api.addMember(open.id, { user }).then(reload, sorry)} />}
      {failed && <p className="none">{text.room.panelFailed} <button type="button" className="btn sm" onClick={reload}>{text.room.again}</button></p>}
      {!people && !failed && <div className="bars pad" role="img" aria-label={text.app.loading}><i /><i /><i /></div>}
      <ul className="plist">
        {people?.map((person) => (
          <li key={person.id} className="row">
            <Avatar id={person.id} name={person.name} size={28} /><span className="n"><bdi>{person.name}</bdi>{person.id === me && <small className="dim"> {text.app.you}</small>}</span>
            {owns && person.id !== me ? (
              <select value={person.role} aria-label={`${text.room.role}: ${person.name}`} onChange={(event) => void client.api.setRole(open.id, person.id, { role: event.target.value as RoomRole }).then(reload, sorry)}>
                {ROLES.map((role) => <option key={role} value={role}>{text.room[role]}</option>)}
              </select>
            ) : (
              (person.role === "owner" || person.role === "moderator") && <span className="tag">{text.room[person.role]}</span>
            )}
            {person.id !== me && <button type="button" className="ib" aria-label={`${text.room.write}: ${person.name}`} title={text.room.write} onClick={() => void writeTo(person.id).catch(sorry)}><Icon name="send" small /></button>}
            {person.id !== me && mayManage(state) && person.role !== "owner" && (
              <button type="button" className="ib" aria-label={`${text.room.remove}: ${person.name}`} title={text.room.remove} onClick={() => void client.api.removeMember(open.id, person.id).then(reload, sorry)}><Icon name="x" small /></button>
            )}
          </li>
        ))}
      </ul>
      {next !== undefined && <p className="none"><button type="button" className="btn sm" onClick={() => load(next, () => true)}>{text.rooms.more}</button></p>}
    </div>
  );
}
