/** A line about the room itself: who came and went, what it is called now. */
import type { Entry } from "@chatmesh/client";
import { Icon } from "../app/Icon";
import { useText } from "../i18n/language";
import type { Text } from "../i18n/en";
import { nameOf } from "../room/names";

const NAMED = 3;

function names(entries: readonly Entry[], text: Text): string {
  const unique = [...new Set(entries.map((entry) => (typeof entry.target === "string" ? (nameOf(entry.target) ?? entry.target) : entry.from.name)))];
  const shown = unique.slice(0, NAMED).join(", ");
  return unique.length > NAMED ? text.time.andMore(shown, unique.length - NAMED) : shown;
}

export function sentence(entries: readonly Entry[], text: Text): string {
  const [first] = entries;
  if (!first) return "";
  const who = first.from.name;
  const what = first.body?.text ?? "";
  switch (first.kind) {
    case "joined":
    case "left": {
      const joined = entries.filter((entry) => entry.kind === "joined");
      const left = entries.filter((entry) => entry.kind === "left");
      if (joined.length > 0 && left.length > 0) return text.time.joinedLeft(names(joined, text), names(left, text));
      return joined.length > 0 ? text.time.joined(names(joined, text)) : text.time.left(names(left, text));
    }
    case "created":
      return text.time.created(who);
    case "renamed":
      return text.time.renamed(who, what);
    case "topic":
      return text.time.topic(who, what);
    case "role": {
      const person = typeof first.target === "string" ? (nameOf(first.target) ?? first.target) : who;
      return text.time.role(person, what === "owner" ? text.room.owner : what === "moderator" ? text.room.moderator : what);
    }
    default:
      return text.time.other(first.kind);
  }
}

export function Notice({ entries }: { entries: readonly Entry[] }) {
  return <div className="sys"><Icon name={entries[0]?.kind === "left" ? "leave" : "person"} small /><bdi>{sentence(entries, useText())}</bdi></div>;
}
