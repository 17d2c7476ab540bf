/** All public rooms, the liveliest first: read them, join them, or make a new one. */
import type { Room } from "@chatmesh/client";
import { useEffect, useRef, useState } from "react";
import { go, linkTo } from "../app/address";
import { useAsOf } from "../app/connection";
import { Icon } from "../app/Icon";
import { client, useSession } from "../app/session";
import { Strip } from "../app/Strip";
import { useTitle } from "../app/title";
import { say } from "../app/toast";
import { clockTime } from "../i18n/clock";
import { useText, type Language } from "../i18n/language";
import { useHeld } from "../live/held";
import { useRanking } from "../live/live";
import { DirectoryRow, type Listed } from "./DirectoryRow";
import { NewRoom } from "./NewRoom";

const PAGE = 100;
const RANKED = 100;

export function AllRooms() {
  const text = useText();
  const joined = useSession((session) => session.rooms);
  const ranking = useRanking(RANKED);
  const asOf = useAsOf(ranking.state !== "stale", ranking.at);
  const { shown: ranked, waiting, holder } = useHeld(ranking.rooms.map((item, i) => ({ item, rank: i + 1 })), (room) => room.room);
  const [rooms, setRooms] = useState<readonly Room[]>();
  const [next, setNext] = useState<string>();
  const [failed, setFailed] = useState(false);
  const [query, setQuery] = useState("");
  const [making, setMaking] = useState(false);

  const loading = useRef(false);
  const load = (after?: string): void => {
    if (loading.current) return;
    loading.current = true;
    setFailed(false);
    client.api.listRooms({ limit: PAGE, ...(after === undefined ? {} : { after }) }).then(
      (page) => {
        loading.current = false;
        setRooms((before) => (after === undefined ? page.rooms : [...(before ?? []), ...page.rooms]));
        setNext(page.next);
      },
      () => {
        loading.current = false;
        setFailed(true);
      },
    );
  };
  useTitle(text.rooms.title);
  useEffect(() => load(), []);

  const join = (room: string) => (): void => {
    client.api.join(room).then(
      () => go({ view: "room", room }),
      () => say(text.act.failed),
    );
  };
  const wanted = query.normalize("NFC").trim().toLocaleLowerCase();
  const found = (room: Listed): boolean => `${room.name} ${room.topic ?? ""}`.toLocaleLowerCase().includes(wanted);
  // The ranking knows no topics.
  const topics = new Map(rooms?.map(({ room, topic }) => [room, topic]));
  const first = Math.max(1, ranked[0]?.item.active_30m ?? 0);
  const lively = ranked.map(({ item, rank }) => ({ room: { ...item, topic: topics.get(item.room) }, rank })).filter(({ room }) => found(room));
  const places = new Set(ranked.map(({ item }) => item.room));
  const rest = (rooms ?? []).filter((room) => !places.has(room.room) && found(room));
  // What is looked for may stand on a later page.
  const missing = wanted !== "" && lively.length + rest.length === 0 && !failed;
  useEffect(() => {
    if (missing && next !== undefined) load(next);
  }, [missing, next]);
  const seeking = missing && next !== undefined;
  const waits = seeking || (!failed && lively.length === 0 && (!rooms || ranking.state === "loading"));
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
          <h2>{text.live.title}{asOf !== undefined && <small> {text.live.at(clockTime(asOf, text.lang as Language))}</small>}</h2>
          <p className="lead">{ranking.state === "failed" ? text.live.failed : `${text.live.lead} ${text.rooms.lead}`}</p>
          <div className="dir-bar"><input className="find" type="search" aria-label={text.rooms.find} placeholder={text.rooms.find} value={query} onChange={(event) => setQuery(event.target.value)} />{waiting > 0 && <span className="held" role="status"><Icon name="again" small />{text.live.held(text.live.moves(waiting))}</span>}</div>
          {failed && <p>{text.rooms.failed} <button type="button" className="btn sm" onClick={() => load()}>{text.rooms.retry}</button></p>}
          {waits && <div className="bars" role="img" aria-label={text.app.loading}><i /><i /><i /><i /></div>}
          {rooms && lively.length + rest.length === 0 && !failed && !seeking && <p className="dim">{wanted ? text.rooms.notFound(query) : text.rooms.none}</p>}
          {lively.length > 0 && (
            <>
              <div className="dh" aria-hidden="true"><span /><span>{text.live.room}</span><span>{text.live.recent}</span><span>{text.live.online}</span></div>
              <ul data-stale={asOf} {...holder}>
                {lively.map(({ room, rank }) => <DirectoryRow key={room.room} room={room} figures={{ rank, active: room.active_30m, share: Math.min(1, room.active_30m / first), online: room.online, asOf }} joined={joined.has(room.room)} onJoin={join(room.room)} />)}
              </ul>
            </>
          )}
          {rest.length > 0 && (
            <>
              {lively.length > 0 && <h3>{text.live.rest}</h3>}
              <ul>{rest.map((room) => <DirectoryRow key={room.room} room={room} joined={joined.has(room.room)} onJoin={join(room.room)} />)}</ul>
            </>
          )}
          {next !== undefined && <p><button type="button" className="btn" onClick={() => load(next)}>{text.rooms.more}</button></p>}
        </div>
      </div>
      {making && <NewRoom onClose={() => setMaking(false)} />}
    </main>
  );
}
