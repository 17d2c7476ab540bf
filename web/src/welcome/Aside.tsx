/** A window on the rooms beside the door: the liveliest, before anybody has logged in. */
import type { Ranked } from "@chatmesh/client";
import { useEffect, useState } from "react";
import { addressOf } from "../app/address";
import { client } from "../app/session";
import { useText } from "../i18n/language";
import { useHeld } from "../live/held";
import { LiveRow } from "../live/LiveRow";

const SHOWN = 6;
const AGAIN_MS = 10_000;
/** Most answers come before anybody would see the bars. */
const LATE_MS = 150;

type State = readonly Ranked[] | "waiting" | "late" | "failed" | "closed";

function useWindow(): State {
  const [state, setState] = useState<State>("waiting");
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    let here = true;
    const late = setTimeout(() => setState((now) => (now === "waiting" ? "late" : now)), LATE_MS);
    const ask = async (): Promise<void> => {
      const next = await client.api.lobby(SHOWN).then(({ rooms }) => rooms, (error: { status?: number }) => (error.status === 401 ? "closed" : "failed"));
      if (!here) return;
      setState((now) => (next === "failed" && typeof now === "object" ? now : next));
      if (next !== "closed") timer = setTimeout(() => void ask(), AGAIN_MS);
    };
    void ask();
    return () => {
      here = false;
      clearTimeout(timer);
      clearTimeout(late);
    };
  }, []);
  return state;
}

export function Aside({ onEnter }: { onEnter: (room: string) => void }) {
  const state = useWindow();
  return (
    <aside className="w-r" aria-hidden={state === "closed" || undefined}>
      <svg className="net" viewBox="0 0 640 800" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
        <g fill="none" stroke="currentColor"><path d="M-20 20 90 -10 230 70 340 20 470 60 660 -10M230 70 300 200 190 330 -20 240M340 20 380 180 520 200 660 120M300 200 380 180M190 330 60 480 120 640 -20 720M520 200 600 380 560 560 660 600M560 560 430 640 280 700 120 640M430 640 500 790M280 700 300 820M60 480 -20 430M600 380 660 340" /></g>
        <g fill="var(--c-line-strong)">{[[90, -10], [230, 70], [340, 20], [470, 60], [300, 200], [380, 180], [520, 200], [190, 330], [60, 480], [120, 640], [600, 380], [560, 560], [430, 640], [280, 700]].map(([x, y]) => <circle key={`${x}${y}`} cx={x} cy={y} r="3" />)}</g>
      </svg>
      {state !== "closed" && <Card state={state} onEnter={onEnter} />}
    </aside>
  );
}

function Card({ state, onEnter }: { state: Exclude<State, "closed">; onEnter: (room: string) => void }) {
  const text = useText();
  const rooms = typeof state === "object" ? state : [];
  const { shown, waiting, holder } = useHeld(rooms.map((item, i) => ({ item, rank: i + 1 })), (room) => room.room);
  const link = (room: string) => ({
    href: addressOf({ view: "room", room }),
    onClick: (event: React.MouseEvent) => {
      event.preventDefault();
      onEnter(room);
    },
  });
  return (
    <div className="w-card" {...holder}>
      <header><h2>{text.live.title}</h2><small>{waiting > 0 ? text.live.moves(waiting) : text.live.recent}</small></header>
      {state === "late" && <div className="bars pad" role="img" aria-label={text.app.loading}><i /><i /><i /><i /><i /></div>}
      {state === "failed" ? <p className="none">{text.live.failed}</p> : typeof state === "object" && shown.length === 0 && <p className="none">{text.live.quiet}</p>}
      <ul>{shown.map(({ item, rank }) => <li key={item.room}><LiveRow room={item} rank={rank} link={link(item.room)} /></li>)}</ul>
    </div>
  );
}
