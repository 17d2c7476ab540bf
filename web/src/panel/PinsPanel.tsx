/** The pinned messages of a room. */
import type { Entry } from "@chatmesh/client";
import { useEffect, useState } from "react";
import { go } from "../app/address";
import { useText } from "../i18n/language";
import type { OpenRoom } from "../room/opened";
import type { RowActions } from "../timeline/actions";
import { Message } from "../timeline/Message";

export function PinsPanel({ open, actions }: { open: OpenRoom; actions: RowActions }) {
  const text = useText();
  const [pins, setPins] = useState<readonly Entry[] | "failed">();
  // Pins that change while the panel is open are seen in the loaded entries.
  const known = open.handle.entries.filter((entry) => entry.pinned).map((entry) => entry.seq).join();
  useEffect(() => {
    let here = true;
    open.handle.pins().then((entries) => here && setPins(entries), () => here && setPins("failed"));
    return () => {
      here = false;
    };
  }, [open, known]);
  const show = (seq: number): void => go({ view: "room", room: open.id, seq });
  return (
    <div className="panel-in">
      {pins === "failed" ? <p className="none">{text.room.panelFailed}</p> : pins?.length === 0 ? <p className="none">{text.room.pinsNone}</p> : null}
      {Array.isArray(pins) && pins.map((entry: Entry) => (
        <Message key={entry.seq} row={{ type: "message", key: `pin ${entry.seq}`, entry, first: true, changes: [] }} check={false} open={open} tabbable lit={false} actions={actions} onFocus={() => undefined} onShow={show} />
      ))}
    </div>
  );
}
