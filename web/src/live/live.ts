/** What the SDK knows of who is here, drawn again when it changes. */
import type { OwnStatus, Person, Ranking, RoomPresence, Typing } from "@chatmesh/client";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { useAsOf } from "../app/connection";
import { client, useSession } from "../app/session";
import { useName } from "../room/names";

/** Redraws with one of the SDK's events; `read` must give what stays identical while it means the same. */
function useLive<T>(name: "presence" | "typing" | "read" | "own_status" | "lobby", read: () => T): T {
  return useSyncExternalStore(useCallback((listener) => client.on(name, listener), [name]), read);
}

/** Whether the server offers it, as of the last connection. */
export const useOffered = (feature: string): boolean => useSession(() => client.live.features.has(feature));
export const usePresence = (room: string): RoomPresence | undefined => useLive("presence", () => client.live.people(room));
/** With the time as of which it stands, once it is said that the connection is away. */
export function useFigures(room: string): { presence: RoomPresence; asOf: number | undefined } | undefined {
  const presence = usePresence(room);
  const asOf = useAsOf(presence?.live ?? false, presence?.at ?? 0);
  return presence && { presence, asOf };
}
/** The other one of a one-to-one room; no `person`: not there. */
export function useOther(room: string): { person: Person | undefined; asOf: number | undefined } | undefined {
  const me = useSession((session) => session.me?.id);
  const figures = useFigures(room);
  return figures && { person: [...figures.presence.people.values()].find(({ id }) => id !== me), asOf: figures.asOf };
}
/** Somebody who is in any room that is open; undefined: not there, or nothing is told of him. */
export const usePerson = (user: string): Person | undefined => useLive("presence", () => client.live.person(user));
/** The name of somebody who is there, else that of the user. */
export function useNameIn(room: string, user: string): string | undefined {
  const here = usePresence(room)?.people.get(user)?.name;
  const asked = useName(here === undefined ? user : "");
  return here ?? asked;
}
export const useTyping = (room: string): Typing | undefined => useLive("typing", () => client.live.typing(room));
export const useMarks = (room: string): ReadonlyMap<string, number> => useLive("read", () => client.live.marks(room));
export const useOwnStatus = (): OwnStatus => useLive("own_status", () => client.live.status);

/** The ranked rooms, kept up to date while `limit` is above 0. */
export function useRanking(limit: number): Ranking {
  useEffect(() => (limit > 0 ? client.live.lobby.watch(limit) : undefined), [limit]);
  return useLive("lobby", () => client.live.lobby.ranking);
}
