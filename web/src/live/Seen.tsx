/** Who of a small room has read the reader's newest message: beside it, where there is room, and in words in the sheet. */
import { useEffect } from "react";
import { Avatar } from "../app/Avatar";
import { client, connected, useSession } from "../app/session";
import { useText } from "../i18n/language";
import { useNames } from "../room/names";
import { useMarks, useNameIn, usePresence } from "./live";

const SHOWN = 3;

export function Seen({ room, seq, inWords }: { room: string; seq: number; inWords?: boolean }) {
  const text = useText();
  const me = useSession((session) => session.me?.id);
  const online = useSession(connected);
  const marks = useMarks(room);
  const names = useNames();
  const here = usePresence(room)?.people;
  useEffect(() => {
    if (online) void client.live.loadMarks(room);
  }, [room, online]);
  const readers = [...marks].flatMap(([user, read]) => (user !== me && read >= seq ? [user] : []));
  if (readers.length === 0) return null;
  const words = text.live.readBy(readers.map((user) => here?.get(user)?.name ?? names.get(user) ?? user).join(", "));
  if (inWords) return <p className="dim">{words}</p>;
  return (
    <span className="seen" role="img" aria-label={words} title={words}>
      {readers.slice(0, SHOWN).map((user) => <Reader key={user} room={room} user={user} />)}{readers.length > SHOWN && <small className="num">+{readers.length - SHOWN}</small>}
    </span>
  );
}

function Reader({ room, user }: { room: string; user: string }) {
  return <Avatar id={user} name={useNameIn(room, user) ?? "?"} size={16} />;
}
