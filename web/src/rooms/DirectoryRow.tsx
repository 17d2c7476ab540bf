/** A public room in the list of all: its place and figures when it is ranked, its members when not. */
import type { Entry } from "@chatmesh/client";
import { linkTo } from "../app/address";
import { useText } from "../i18n/language";
import { lastWords, manyPeople } from "../live/LiveRow";
import { PresenceMark } from "../live/PresenceMark";
import { QuoteLine } from "../timeline/QuoteLine";

export interface Listed { room: string; name: string; topic?: string | undefined; members?: number | undefined; last?: Entry | undefined }
/** @property share of the people of the first, 0 … 1 */
export interface Figures { rank: number; active: number; share: number; online: number; asOf: number | undefined }

export function DirectoryRow({ room, figures, joined, onJoin }: { room: Listed; figures?: Figures | undefined; joined: boolean; onJoin: () => void }) {
  const text = useText();
  const last = lastWords(room, text);
  const active = figures && manyPeople(figures.active, text.lang);
  return (
    <li className="dr" data-room={room.room}>
      <span className="rk num">{figures?.rank}</span>
      <div className="cut">
        <div className="nm"><a {...linkTo({ view: "room", room: room.room })}><span className="hash" aria-hidden="true">#</span><bdi>{room.name}</bdi></a>{room.topic && <small><bdi>{room.topic}</bdi></small>}</div>
        {last && <div className="pv">{last.name !== undefined ? <><b><bdi>{last.name}</bdi></b> <bdi><QuoteLine text={last.words} /></bdi></> : <bdi>{last.words}</bdi>}</div>}
      </div>
      {figures && active !== undefined ? (
        <span className="act"><span className="num" role="img" aria-label={text.live.people(active)}>{active}</span><i><i style={{ width: `${Math.round(figures.share * 100)}%` }} /></i></span>
      ) : (
        <span className="act num">{room.members !== undefined && text.rooms.members(room.members)}</span>
      )}
      <span className="on num">{figures && <><PresenceMark state="online" asOf={figures.asOf} mute /><span role="img" aria-label={text.live.here(figures.online)}>{figures.online.toLocaleString(text.lang)}</span></>}</span>
      {joined ? <a className="btn" {...linkTo({ view: "room", room: room.room })}>{text.rooms.open}</a> : <button type="button" className="btn soft" onClick={onJoin}>{text.rooms.join}</button>}
    </li>
  );
}
