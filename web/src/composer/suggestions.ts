/** What an `@` or a `:` may mean: the people of the room first, then others; or emoji by name. */
import { useEffect, useMemo, useState } from "react";
import { client } from "../app/session";
import { emojiTable, findEmoji, type Emoji } from "../emoji/names";
import type { OpenRoom } from "../room/opened";
import { findName, type Match } from "../switcher/hangul";
import { useLook } from "../theme/look";
import type { Asked } from "./asked";

export interface Person { id: string; name: string }
export type Suggestion =
  | { kind: "person"; key: string; person: Person; match: Match; here: boolean }
  | { kind: "emoji"; key: string; char: string; name: string };

const SHOWN = 6;
const FIND_MS = 120;
const RECENT = 200;

export function useSuggestions(open: OpenRoom, asked: Asked | undefined): readonly Suggestion[] {
  const people = usePeople(open, asked?.kind === "person" ? asked.query : undefined);
  const emoji = useEmoji(asked?.kind === "emoji" ? asked.query : undefined);
  return asked?.kind === "emoji" ? emoji : people;
}

function usePeople(open: OpenRoom, query: string | undefined): readonly Suggestion[] {
  const [members, setMembers] = useState<readonly Person[]>([]);
  const [others, setOthers] = useState<readonly Person[]>([]);
  const asking = query !== undefined;
  useEffect(() => {
    if (asking) client.api.members(open.id, { limit: 100 }).then((page) => setMembers(page.members), () => undefined);
  }, [asking, open.id]);
  useEffect(() => {
    if (!query) return undefined;
    let here = true;
    const timer = setTimeout(() => void client.api.users(query).then(({ users }) => here && setOthers(users), () => undefined), FIND_MS);
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [query]);
  return useMemo(() => {
    if (query === undefined) return [];
    const found = new Map<string, Suggestion & { kind: "person" }>();
    const add = (people: Iterable<Person>, here: boolean): void => {
      for (const { id, name } of people) {
        const match = findName(query, name);
        if (match && id !== client.me?.id && !found.has(id)) found.set(id, { kind: "person", key: id, person: { id, name }, match, here });
      }
    };
    add(members, true);
    add(open.handle.entries.slice(-RECENT).reverse().map((entry) => entry.from), true);
    add(others, false);
    return [...found.values()].sort((a, b) => Number(b.here) - Number(a.here) || a.match.rank - b.match.rank).slice(0, SHOWN);
  }, [query, members, others, open]);
}

function useEmoji(query: string | undefined): readonly Suggestion[] {
  const korean = useLook((look) => look.lang === "ko");
  const [found, setFound] = useState<readonly Emoji[]>([]);
  useEffect(() => {
    if (query === undefined) return setFound([]);
    let here = true;
    emojiTable().then((table) => here && setFound(findEmoji(table, query, SHOWN)), () => undefined);
    return () => {
      here = false;
    };
  }, [query]);
  return useMemo(() => (query === undefined ? [] : found.map(([char, names, ko]) => ({ kind: "emoji", key: char, char, name: korean ? ko : names.split(" ")[0]! }))), [query, found, korean]);
}
