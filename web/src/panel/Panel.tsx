/** The right side of a room; Esc closes it and gives the focus back. */
import type { Room } from "@chatmesh/client";
import { useEffect, useRef } from "react";
import { Icon } from "../app/Icon";
import { useText } from "../i18n/language";
import type { OpenRoom } from "../room/opened";
import type { RowActions } from "../timeline/actions";
import { DetailsPanel } from "./DetailsPanel";
import { PeoplePanel } from "./PeoplePanel";
import { PinsPanel } from "./PinsPanel";
import { ThreadPanel } from "./ThreadPanel";

export type PanelKind = "people" | "pins" | "thread" | "details";

interface Props {
  kind: PanelKind;
  open: OpenRoom;
  state: Room | undefined;
  root: number | undefined;
  actions: RowActions;
  onClose: () => void;
}

export function Panel({ kind, open, state, root, actions, onClose }: Props) {
  const text = useText();
  const close = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    if (kind !== "thread") close.current?.focus();
    return () => {
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, [kind]);
  const title = kind === "people" ? text.room.people : kind === "pins" ? text.room.pins : kind === "details" ? text.room.details : text.room.thread;
  return (
    <aside className="panel" aria-label={title} onKeyDown={(event) => { if (event.key === "Escape" && !event.defaultPrevented) onClose(); }}>
      <div className="panel-top">
        <h2>{title}{state && <small><bdi>{state.type === "direct" ? state.name : `#${state.name}`}</bdi></small>}</h2>
        <button ref={close} type="button" className="ib" aria-label={text.app.close} onClick={onClose}><Icon name="x" /></button>
      </div>
      {kind === "people" && <PeoplePanel open={open} state={state} />}
      {kind === "details" && <DetailsPanel open={open} state={state} />}
      {kind === "pins" && <PinsPanel open={open} actions={actions} />}
      {kind === "thread" && root !== undefined && <ThreadPanel key={root} open={open} state={state} root={root} actions={actions} />}
    </aside>
  );
}
