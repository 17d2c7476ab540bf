/** All public rooms: read them, join them, or make a new one. */
import type { Room } from "@chatmesh/client";
import { useEffect, useState } from "react";
import { go, linkTo } from "../app/address";
import { Icon } from "../app/Icon";
import { client, useSession } from "../app/session";
import { Strip } from "../app/Strip";
import { useTitle } from "../app/title";
import { say } from "../app/toast";
import { useText } from "../i18n/language";
import { QuoteLine } from "../timeline/QuoteLine";
import { NewRoom } from "./NewRoom";

const PAGE = 100;

export function AllRooms() {
  const text = useText();
  const joined = useSession((session) => session.rooms);
  const [rooms, setRooms] = useState<readonly Room[]>();
  const [next, setNext] = useState<string>();
  const [failed, setFailed] = useState(false);
  const [query, setQuery] = useState("");
  const [making, setMaking] = useState(false);

  const load = (after?: string): void => {
    setFailed(false);
    client.api.listRooms({ limit: PAGE, ...(after === undefined ? {} : { after }) }).then(
      (page) => {
        setRooms((before) => (after === undefined ? page.rooms : [...(before ?? []), ...page.rooms]));
        setNext(page.next);
      },
      () => setFailed(true),
    );
  };
  useTitle(text.rooms.title);
  useEffect(() => load(), []);

  const join = (room: Room): void => {
    client.api.join(room.room).then(
      () => go({ view: "room", room: room.room }),
      () => say(text.act.failed),
    );
  };
  const wanted = query.normalize("NFC").trim().toLocaleLowerCase();
  const shown = rooms?.filter((room) => `${room.name} ${room.topic ?? ""}`.toLocaleLowerCase().includes(wanted)) ?? [];
  return (
    <main className="page">
      <header className="page-top">
        <a className="back" aria-label={text.app.rooms} {...linkTo({ view: "home" })}><Icon name="left" /></a>
        <div className="title"><h1>{text.rooms.title}</h1></div>
        <button type="button" className="btn" onClick={() => setMaking(true)}><Icon name="plus" small />{text.rooms.create}</button>
      </header>
      <Strip />
      <div className="dir">
        <div className="dir-in">
          <h2>{text.rooms.heading}</h2>
          <p className="lead">{text.rooms.lead}</p>
          <input className="find" type="search" aria-label={text.rooms.find} placeholder={text.rooms.find} value={query} onChange={(event) => setQuery(event.target.value)} />
          {failed && <p>{text.rooms.failed} <button type="button" className="btn sm" onClick={() => load()}>{text.rooms.retry}</button></p>}
          {!rooms && !failed && <div className="bars" role="img" aria-label={text.app.loading}><i /><i /><i /><i /></div>}
          {rooms && shown.length === 0 && !failed && <p className="dim">{wanted ? text.rooms.notFound(query) : text.rooms.none}</p>}
          <ul>
            {shown.map((room) => (
              <li key={room.room} className="dr">
                <div className="cut">
                  <div className="nm"><a {...linkTo({ view: "room", room: room.room })}><span className="hash" aria-hidden="true">#</span><bdi>{room.name}</bdi></a>{room.topic && <small><bdi>{room.topic}</bdi></small>}</div>
                  {room.last?.body?.text !== undefined && <div className="pv"><b><bdi>{room.last.from.name}</bdi></b> <bdi><QuoteLine text={room.last.body.text} /></bdi></div>}
                </div>
                <span className="on num"><Icon name="person" small />{text.rooms.members(room.members)}</span>
                {joined.has(room.room) ? <a className="btn" {...linkTo({ view: "room", room: room.room })}>{text.rooms.open}</a> : <button type="button" className="btn soft" onClick={() => join(room)}>{text.rooms.join}</button>}
              </li>
            ))}
          </ul>
          {next !== undefined && <p><button type="button" className="btn" onClick={() => load(next)}>{text.rooms.more}</button></p>}
        </div>
      </div>
      {making && <NewRoom onClose={() => setMaking(false)} />}
    </main>
  );
}
