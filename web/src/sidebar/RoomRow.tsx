/** One room in the list: weight and badge tell of activity, the place does not change. */
import type { RoomState } from "@chatmesh/client";
import { linkTo } from "../app/address";
import { Icon } from "../app/Icon";
import { useHasDraft } from "../composer/drafts";
import { useText } from "../i18n/language";
import { PersonMark } from "../live/PersonMark";
import { useMuted } from "../settings/choices";

const capped = (n: number): string => (n > 99 ? "99+" : String(n));

export function RoomRow({ room, current }: { room: RoomState; current: boolean }) {
  const text = useText();
  const draft = useHasDraft(room.room);
  const calm = current && document.hasFocus();
  const muted = useMuted(room.room);
  const unread = calm || muted ? 0 : room.unread;
  const mentions = calm ? 0 : room.type === "direct" ? unread : room.mentions;
  return (
    <a className={unread > 0 ? "row un" : "row"} aria-current={current ? "page" : undefined} data-room={room.room} {...linkTo({ view: "room", room: room.room })}>
      <span className="h">{room.type === "direct" ? <PersonMark room={room.room} /> : room.type === "private" ? <Icon name="lock" /> : <span aria-hidden="true">#</span>}</span>
      <span className="n"><bdi>{room.name}</bdi></span>
      {draft && !current && <span role="img" aria-label={text.side.draft}><Icon name="draft" small /></span>}
      {muted && <span role="img" aria-label={text.side.muted}><Icon name="mute" small /></span>}
      {mentions > 0 ? <span className="badge me" aria-label={text.side.mentions(capped(mentions))} role="img">{room.type === "direct" ? capped(mentions) : `@${capped(mentions)}`}</span>
        : unread > 0 ? <span className="badge" aria-label={text.side.unread(capped(unread))} role="img">{capped(unread)}</span> : null}
    </a>
  );
}
