/** The page's title and icon: where one is, and how many messages ask for the reader. */
import { useEffect } from "react";
import { useChoice } from "../settings/choices";
import { useSession } from "./session";

/** Whether the icon was ever another than its file. */
let badged = false;
/** What comes before the eyes is read after half a second: the icon must not flash for it. */
const CALM_MS = 800;

/** Mentions, and everything in one-to-one rooms that are not muted. */
export function useTitle(place: string): void {
  const muted = useChoice("muted");
  const count = useSession((session) => {
    let sum = 0;
    for (const room of session.rooms.values()) sum += room.type !== "direct" ? room.mentions : muted.includes(room.room) ? 0 : room.unread;
    return sum;
  });
  const news = useSession((session) => [...session.rooms.values()].some((room) => room.unread > 0 && !muted.includes(room.room)));
  useEffect(() => {
    document.title = `${count > 0 ? `(${count > 99 ? "99+" : count}) ` : ""}${place ? `${place} · ` : ""}chatmesh`;
  }, [place, count]);
  useEffect(() => {
    if (!news && !badged) return undefined;
    badged = true;
    const timer = setTimeout(() => void import("./badge").then(({ showBadge }) => showBadge(count, news), () => undefined), CALM_MS);
    return () => clearTimeout(timer);
  }, [count, news]);
}
