/** In the sidebar: the liveliest rooms that are not joined yet, with their true place in the ranking. */
import { linkTo } from "../app/address";
import { useConnectionLook } from "../app/connection";
import { useSession } from "../app/session";
import { clockTime } from "../i18n/clock";
import { useText, type Language } from "../i18n/language";
import { useHeld } from "./held";
import { LiveRow } from "./LiveRow";
import { useRanking } from "./live";

const SHOWN = 4;
/** Enough to find some that are not joined. */
const ASKED = 50;

export function Lively({ watching }: { watching: boolean }) {
  const text = useText();
  const ranking = useRanking(watching ? ASKED : 0);
  const joined = useSession((session) => session.rooms);
  const stale = useConnectionLook() !== "fine" && ranking.state === "stale";
  const now = ranking.rooms.map((item, i) => ({ item, rank: i + 1 })).filter(({ item }) => !joined.has(item.room)).slice(0, SHOWN);
  const { shown, waiting, holder } = useHeld(now, (room) => room.room);
  if (ranking.state === "none") return null;
  return (
    <section className="lively" data-stale={stale || undefined} {...holder}>
      <div className="sec"><h2>{text.live.title}</h2><small>{stale ? text.live.at(clockTime(ranking.at, text.lang as Language)) : waiting > 0 && text.live.moves(waiting)}</small></div>
      {ranking.state === "loading" ? <div className="bars" role="img" aria-label={text.app.loading}><i /><i /><i /><i /></div>
        : ranking.state === "failed" ? <p className="none">{text.live.failed}</p>
        : shown.length === 0 && <p className="none">{text.live.quiet}</p>}
      <ul>{shown.map(({ item, rank }) => <li key={item.room}><LiveRow room={item} rank={rank} link={linkTo({ view: "room", room: item.room })} /></li>)}</ul>
    </section>
  );
}
