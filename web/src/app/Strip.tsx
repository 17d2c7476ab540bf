/** Says that the connection is away, over the timeline, without moving anything; goes by itself. */
import { useEffect, useRef, useState } from "react";
import { useText } from "../i18n/language";
import { useConnectionLook } from "./connection";
import { Icon } from "./Icon";
import { retryNow, useSession } from "./session";

const BACK_MS = 2_000;
/** The rooms may tell of what was missed a moment after the connection is back. */
const TOLD_MS = 2_000;

export function Strip() {
  const text = useText();
  const look = useConnectionLook();
  const caught = useSession((session) => [...session.rooms.values()].reduce((sum, room) => sum + room.unread, 0));
  const before = useRef<number>(undefined);
  const [back, setBack] = useState<number>();
  useEffect(() => {
    if (look === "strip") before.current ??= caught;
    if (look !== "fine" || before.current === undefined) return undefined;
    const more = caught - before.current;
    if (more > 0) {
      before.current = undefined;
      setBack(more);
      return undefined;
    }
    const timer = setTimeout(() => { before.current = undefined; }, TOLD_MS);
    return () => clearTimeout(timer);
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
