/** The page's title and icon: where one is, and how many messages ask for the reader. */
import { useEffect } from "react";
import { useSession } from "./session";

/** Whether the icon was ever another than its file. */
let badged = false;

/** Mentions, and everything in one-to-one rooms. */
export function useTitle(place: string): void {
  const count = useSession((session) => {
    let sum = 0;
    for (const room of session.rooms.values()) sum += room.type === "direct" ? room.unread : room.mentions;
    return sum;
  });
  const news = useSession((session) => [...session.rooms.values()].some((room) => room.unread > 0));
  useEffect(() => {
    document.title = `${count > 0 ? `(${count > 99 ? "99+" : count}) ` : ""}${place ? `${place} · ` : ""}chatmesh`;
  }, [place, count]);
  useEffect(() => {
    if (!news && !badged) return;
    badged = true;
    void import("./badge").then(({ showBadge }) => showBadge(count, news), () => undefined);
  }, [count, news]);
}
