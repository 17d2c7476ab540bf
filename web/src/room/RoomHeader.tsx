/** The room's name, topic and the way to its panels. */
import type { Room } from "@chatmesh/client";
import { linkTo } from "../app/address";
import { Icon } from "../app/Icon";
import { useSession } from "../app/session";
import { useText } from "../i18n/language";
import { LiveCount, useLiveCount } from "../live/LiveCount";
import type { PanelKind } from "../panel/Panel";

/** Whether the other rooms ask for the reader, for the way back on a phone. */
function useElsewhere(id: string): number {
  return useSession((session) => {
    let sum = 0;
    for (const room of session.rooms.values()) if (room.room !== id) sum += room.type === "direct" ? room.unread : room.mentions;
    return sum;
  });
}

export function RoomHeader({ id, state, panel, onPanel }: { id: string; state: Room | undefined; panel: PanelKind | undefined; onPanel: (kind: PanelKind) => void }) {
  const text = useText();
  const elsewhere = useElsewhere(id);
  const live = useLiveCount(id, state?.type === "direct");
  const members = state ? text.room.members(state.members) : "";
  return (
    <header className="page-top">
      <a className="back" aria-label={elsewhere > 0 ? `${text.app.rooms}, ${text.side.mentions(String(elsewhere))}` : text.app.rooms} {...linkTo({ view: "home" })}><Icon name="left" />{elsewhere > 0 && <span className="badge me">{elsewhere > 99 ? "99+" : elsewhere}</span>}</a>
      <div className="title">
        <h1>{state?.type !== "direct" && <span className="hash" aria-hidden="true">{state?.type === "private" ? <Icon name="lock" small /> : "#"}</span>}<bdi>{state?.name ?? ""}</bdi></h1>
        {state?.topic && <span className="topic" title={state.topic}><bdi>{state.topic}</bdi></span>}
        {state && <small className="sub num">{live?.words ?? members}</small>}
      </div>
      {state && (
        <button type="button" className="who num" aria-expanded={panel === "people"} aria-label={`${text.room.people}: ${live ? `${live.words}, ` : ""}${members}`} title={members} onClick={() => onPanel("people")}>{live ? <LiveCount {...live} /> : <><Icon name="users" /><span>{members}</span></>}</button>
      )}
      <button type="button" className="ib" aria-expanded={panel === "pins"} aria-label={text.room.pins} title={text.room.pins} onClick={() => onPanel("pins")}><Icon name="pin" /></button>
      {state && <button type="button" className="ib" aria-expanded={panel === "details"} aria-label={text.room.details} title={text.room.details} onClick={() => onPanel("details")}><Icon name="more" /></button>}
    </header>
  );
}
