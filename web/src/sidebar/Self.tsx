/** The reader's own name, status and connection as a shape and words, and the settings. */
import { useState } from "react";
import { Avatar } from "../app/Avatar";
import { useConnectionLook } from "../app/connection";
import { deferred } from "../app/deferred";
import { Icon } from "../app/Icon";
import { useSession } from "../app/session";
import { useStore } from "../app/store";
import { useText } from "../i18n/language";
import { useOffered, useOwnStatus, usePerson } from "../live/live";
import { PresenceMark } from "../live/PresenceMark";
import { shownAs } from "../live/shown";
import { waiting } from "../room/opened";

const Settings = deferred(() => import("../settings/Settings").then((module) => module.Settings));
const StatusMenu = deferred(() => import("../live/StatusMenu").then((module) => module.StatusMenu));
const StatusWords = deferred(() => import("../live/StatusMenu").then((module) => module.StatusWords));

export function Self() {
  const text = useText();
  const me = useSession((session) => session.me);
  const look = useConnectionLook();
  const [open, setOpen] = useState<"settings" | "words">();
  const [anchor, setAnchor] = useState<HTMLElement>();
  const count = useStore(waiting, (n) => n);
  const status = useOwnStatus();
  const offered = useOffered("status");
  const fine = look === "fine";
  // Who does nothing for long is away, whatever he chose.
  const idle = usePerson(me?.id ?? "")?.state === "away" && status.state === "online";
  const state = status.state === "invisible" ? text.live.invisible : text.live[idle ? "away" : shownAs(status.state)];
  const words = fine ? state : look === "word" ? text.conn.reconnecting : count > 0 ? text.conn.waiting(count) : text.conn.offline;
  const close = (): void => setOpen(undefined);
  return (
    <div className="self">
      <button type="button" className="me" disabled={!offered} aria-haspopup="menu" aria-expanded={anchor !== undefined} onClick={(event) => setAnchor(event.currentTarget)}>
        <span className="av-with"><Avatar id={me?.id ?? ""} name={me?.name ?? ""} /><PresenceMark state={!fine ? "offline" : idle ? "away" : status.state} mute /></span>
        <span className="cut">
          <b className="cut"><bdi>{me?.name}</bdi></b>
          <small className="cut">{words}{fine && status.text && <> · <bdi>{status.text}</bdi></>}{me?.guest && ` · ${text.time.guest}`}</small>
        </span>
      </button>
      <button type="button" className="ib" aria-label={text.side.settings} title={text.side.settings} onClick={() => setOpen("settings")}><Icon name="gear" /></button>
      {anchor && <StatusMenu anchor={anchor} onWords={() => setOpen("words")} onClose={() => setAnchor(undefined)} />}
      {open === "words" && <StatusWords onClose={close} />}
      {open === "settings" && <Settings onClose={close} />}
    </div>
  );
}
