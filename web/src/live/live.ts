/** What the SDK knows of who is here, drawn again when it changes. */
import type { OwnStatus, Ranking, RoomPresence, Typing } from "@chatmesh/client";
import { useCallback, useEffect, useSyncExternalStore } from "react";
import { client, useSession } from "../app/session";

/** Redraws with one of the SDK's events; `read` must give what stays identical while it means the same. */
function useLive<T>(name: "presence" | "typing" | "read" | "own_status" | "lobby", read: () => T): T {
  return useSyncExternalStore(useCallback((listener) => client.on(name, listener), [name]), read);
}

/** Whether the server offers it, as of the last connection. */
export const useOffered = (feature: string): boolean => useSession(() => client.live.features.has(feature));
export const usePresence = (room: string): RoomPresence | undefined => useLive("presence", () => client.live.people(room));
export const useTyping = (room: string): Typing | undefined => useLive("typing", () => client.live.typing(room));
export const useMarks = (room: string): ReadonlyMap<string, number> => useLive("read", () => client.live.marks(room));
export const useOwnStatus = (): OwnStatus => useLive("own_status", () => client.live.status);

/** The ranked rooms, kept up to date while `limit` is above 0. */
export function useRanking(limit: number): Ranking {
  useEffect(() => (limit > 0 ? client.live.lobby.watch(limit) : undefined), [limit]);
  return useLive("lobby", () => client.live.lobby.ranking);
}
