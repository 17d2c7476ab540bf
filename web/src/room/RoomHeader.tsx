/** The room's name, topic and the way to its panels. */
import type { Room } from "@chatmesh/client";
import { go, linkTo } from "../app/address";
import { Icon } from "../app/Icon";
import { client } from "../app/session";
import { say } from "../app/toast";
import { useText } from "../i18n/language";
import type { PanelKind } from "../panel/Panel";
import { closeRoom, type OpenRoom } from "./opened";

export function RoomHeader({ open, state, panel, onPanel }: { open: OpenRoom; state: Room | undefined; panel: PanelKind | undefined; onPanel: (kind: PanelKind) => void }) {
  const text = useText();
  const leave = (): void => {
    client.api.leave(open.id).then(
      () => {
        closeRoom(open.id);
        go({ view: "home" });
      },
      (error: { code?: string }) => say(error.code === "conflict" ? text.room.leaveFailed : text.act.failed),
    );
  };
  return (
    <header className="page-top">
      <a className="back" aria-label={text.app.rooms} {...linkTo({ view: "home" })}><Icon name="left" /></a>
      <div className="title">
        <h1>{state?.type !== "direct" && <span className="hash" aria-hidden="true">{state?.type === "private" ? <Icon name="lock" small /> : "#"}</span>}<bdi>{state?.name ?? ""}</bdi></h1>
        {state?.topic && <span className="topic" title={state.topic}>{state.topic}</span>}
      </div>
      {state && (
        <button type="button" className="who num" aria-expanded={panel === "people"} aria-label={`${text.room.people}: ${state.members}`} onClick={() => onPanel("people")}><Icon name="users" small />{state.members}</button>
      )}
      <button type="button" className="ib" aria-expanded={panel === "pins"} aria-label={text.room.pins} title={text.room.pins} onClick={() => onPanel("pins")}><Icon name="pin" /></button>
      {state?.role !== undefined && state.type !== "direct" && (
        <button type="button" className="ib" aria-label={text.room.leave} title={text.room.leave} onClick={leave}><Icon name="leave" /></button>
      )}
    </header>
  );
}
