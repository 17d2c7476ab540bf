/** Says that the connection is away, over the timeline, without moving anything; goes by itself. */
import { useEffect, useRef, useState } from "react";
import { useText } from "../i18n/language";
import { useConnectionLook } from "./connection";
import { Icon } from "./Icon";
import { retryNow, useSession } from "./session";

const BACK_MS = 2_000;

export function Strip() {
  const text = useText();
  const look = useConnectionLook();
  const caught = useSession((session) => [...session.rooms.values()].reduce((sum, room) => sum + room.unread, 0));
  const before = useRef<number>(undefined);
  const [back, setBack] = useState<number>();
  useEffect(() => {
    if (look === "strip") before.current ??= caught;
    else if (look === "fine" && before.current !== undefined) {
      const more = caught - before.current;
      before.current = undefined;
      if (more > 0) setBack(more);
    }
  }, [look, caught]);
  useEffect(() => {
    if (back === undefined) return undefined;
    const timer = setTimeout(() => setBack(undefined), BACK_MS);
    return () => clearTimeout(timer);
  }, [back]);
  if (look === "strip") {
    return (
      <div className="strip" role="status">
        <Icon name="off" /><span>{text.conn.strip} <span className="dim">{text.conn.stripMore}</span></span>
        <button type="button" className="btn sm" onClick={retryNow}>{text.conn.again}</button>
      </div>
    );
  }
  return back === undefined ? null : <div className="strip" role="status"><Icon name="check" /><span>{text.conn.back(back)}</span></div>;
}
