/** The reader's own name, the connection as a shape and a word, and the settings. */
import { useState } from "react";
import { Avatar } from "../app/Avatar";
import { useConnectionLook } from "../app/connection";
import { deferred } from "../app/deferred";
import { Icon } from "../app/Icon";
import { useSession } from "../app/session";
import { useStore } from "../app/store";
import { useText } from "../i18n/language";
import { waiting } from "../room/opened";

const Settings = deferred(() => import("../settings/Settings").then((module) => module.Settings));

export function Self() {
  const text = useText();
  const me = useSession((session) => session.me);
  const look = useConnectionLook();
  const [open, setOpen] = useState(false);
  const count = useStore(waiting, (n) => n);
  const fine = look === "fine";
  return (
    <div className="self">
      <span className="av-with"><Avatar id={me?.id ?? ""} name={me?.name ?? ""} />
        <svg className="pr" viewBox="0 0 12 12" aria-hidden="true">{fine ? <circle cx="6" cy="6" r="5" fill="var(--c-ok)" /> : <circle cx="6" cy="6" r="4" fill="var(--c-canvas)" stroke="var(--c-text-3)" strokeWidth="2" />}</svg>
      </span>
      <div>
        <b className="cut"><bdi>{me?.name}</bdi></b>
        <small>
          {fine ? text.conn.online : look === "word" ? text.conn.reconnecting : count > 0 ? text.conn.waiting(count) : text.conn.offline}{me?.guest && ` · ${text.time.guest}`}
        </small>
      </div>
      <button type="button" className="ib" aria-label={text.side.settings} title={text.side.settings} onClick={() => setOpen(true)}><Icon name="gear" /></button>
      {open && <Settings onClose={() => setOpen(false)} />}
    </div>
  );
}
