/** Names of users by id, learned from whatever passes by, asked for when nothing told them. */
import { useEffect } from "react";
import { client } from "../app/session";
import { makeStore, useStore } from "../app/store";

const names = makeStore<ReadonlyMap<string, string>>(new Map());
const asked = new Set<string>();
const ID = /^[A-Za-z0-9_-]{1,64}$/;

export function learnNames(people: Iterable<{ id: string; name: string }>): void {
  let next: Map<string, string> | undefined;
  for (const { id, name } of people) {
    if (names.get().get(id) === name) continue;
    next ??= new Map(names.get());
    next.set(id, name);
  }
  if (next) names.set(next);
}

export const useNames = (): ReadonlyMap<string, string> => useStore(names, (map) => map);
export const nameOf = (id: string): string | undefined => names.get().get(id);

/** The name of a user, asked for once when it is not known. */
export function useName(id: string): string | undefined {
  const name = useStore(names, (map) => map.get(id));
  useEffect(() => {
    // At the door nobody answers yet.
    if (name !== undefined || asked.has(id) || !ID.test(id) || !client.me) return;
    asked.add(id);
    client.api.user(id).then(
      (user) => learnNames([user]),
      // Unknown stays unknown for this visit: the token itself is shown.
      () => undefined,
    );
  }, [id, name]);
  return name;
}
