/** The page's title: where one is, and how many messages ask for the reader. */
import { useEffect } from "react";
import { useSession } from "./session";

/** Mentions, and everything in one-to-one rooms. */
export function useTitle(place: string): void {
  const count = useSession((session) => {
    let sum = 0;
    for (const room of session.rooms.values()) sum += room.type === "direct" ? room.unread : room.mentions;
    return sum;
  });
  useEffect(() => {
    document.title = `${count > 0 ? `(${count > 99 ? "99+" : count}) ` : ""}${place ? `${place} · ` : ""}chatmesh`;
  }, [place, count]);
}
