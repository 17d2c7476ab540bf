/** Who of a small room has read the reader's newest message: beside it, where there is room, and in words in the sheet. */
import { useEffect } from "react";
import { Avatar } from "../app/Avatar";
import { client, connected, useSession } from "../app/session";
import { useText } from "../i18n/language";
import { useName, useNames } from "../room/names";
import { useMarks } from "./live";

const SHOWN = 3;

export function Seen({ room, seq, inWords }: { room: string; seq: number; inWords?: boolean }) {
  const text = useText();
  const me = useSession((session) => session.me?.id);
  const online = useSession(connected);
  const marks = useMarks(room);
  const names = useNames();
  useEffect(() => {
    if (online) void client.live.loadMarks(room);
  }, [room, online]);
  const readers = [...marks].flatMap(([user, read]) => (user !== me && read >= seq ? [user] : []));
  if (readers.length === 0) return null;
  const words = text.live.readBy(readers.map((user) => names.get(user) ?? user).join(", "));
  if (inWords) return <p className="dim">{words}</p>;
  return (
    <span className="seen" role="img" aria-label={words} title={words}>
      {readers.slice(0, SHOWN).map((user) => <Reader key={user} user={user} />)}{readers.length > SHOWN && <small className="num">+{readers.length - SHOWN}</small>}
    </span>
  );
}

function Reader({ user }: { user: string }) {
  return <Avatar id={user} name={useName(user) ?? "?"} size={16} />;
}
