/** Somebody of the room: how he is there, his role, and what may be done. */
import type { Room, RoomRole } from "@chatmesh/client";
import { Avatar } from "../app/Avatar";
import { Icon } from "../app/Icon";
import { client, useSession } from "../app/session";
import { say } from "../app/toast";
import { useText } from "../i18n/language";
import { PresenceMark } from "../live/PresenceMark";
import { mayManage } from "../room/rights";
import { writeTo } from "../room/write-to";
import { seenWhen, type Listed } from "./people";

const ROLES: readonly RoomRole[] = ["owner", "moderator", "member"];

interface Props {
  person: Listed;
  room: Room | undefined;
  now: number;
  /** Whether it is known who is there, and since when it is not. */
  known: boolean;
  asOf: number | undefined;
  onChanged: () => void;
}

export function PersonRow({ person, room, now, known, asOf, onChanged }: Props) {
  const text = useText();
  const me = useSession((session) => session.me?.id);
  const sorry = (): void => say(text.act.failed);
  const mine = person.id === me;
  const { id, name, role } = person;
  const words = person.text ?? (person.state === undefined && person.seen !== undefined ? text.live.seen(seenWhen(person.seen, now, text)) : undefined);
  return (
    <li className="row" data-person={id}>
      <span className="av-with"><Avatar id={id} name={name} size={28} />{known && <PresenceMark state={person.state} asOf={person.state === undefined ? undefined : asOf} />}</span>
      <span className="n"><bdi>{name}</bdi>{mine && <span className="dim"> {text.app.you}</span>}{words !== undefined && <small><bdi>{words}</bdi></small>}</span>
      {room?.role === "owner" && room.type !== "direct" && !mine && role ? (
        <select value={role} aria-label={`${text.room.role}: ${name}`} onChange={(event) => void client.api.setRole(room.room, id, { role: event.target.value as RoomRole }).then(onChanged, sorry)}>
          {ROLES.map((one) => <option key={one} value={one}>{text.room[one]}</option>)}
        </select>
      ) : (
        (role === "owner" || role === "moderator") && <span className="tag">{text.room[role]}</span>
      )}
      {!mine && <button type="button" className="ib" aria-label={`${text.room.write}: ${name}`} title={text.room.write} onClick={() => void writeTo(id).catch(sorry)}><Icon name="send" small /></button>}
      {room && !mine && mayManage(room) && role && role !== "owner" && (
        <button type="button" className="ib" aria-label={`${text.room.remove}: ${name}`} title={text.room.remove} onClick={() => void client.api.removeMember(room.room, id).then(onChanged, sorry)}><Icon name="x" small /></button>
      )}
    </li>
  );
}
