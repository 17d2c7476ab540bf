/** What is known of a room that is shown: as a member from the user's own list, as a reader by asking once. */
import type { Room } from "@chatmesh/client";
import { useEffect } from "react";
import { client, connected, useSession } from "../app/session";
import { makeStore, useStore } from "../app/store";
import { learnNames } from "./names";

const visited = makeStore<ReadonlyMap<string, Room>>(new Map());

/** The same, drawn again when it changes. */
export function useRoom(id: string): Room | undefined {
  const joined = useSession((session) => session.rooms.get(id));
  const seen = useStore(visited, (map) => map.get(id));
  return joined ?? seen;
}

/** Asks for a room one does not belong to, when it is opened and whenever the connection is back. */
export function useVisit(id: string): void {
  const member = useSession((session) => session.rooms.has(id));
  const online = useSession(connected);
  useEffect(() => {
    if (member || !online) return;
    client.api.getRoom(id).then(
      (room) => {
        if (room.last) learnNames([room.last.from]);
        visited.set(new Map(visited.get()).set(id, room));
      },
      // The room's own loading says what is wrong with it.
      () => undefined,
    );
  }, [id, member, online]);
}
