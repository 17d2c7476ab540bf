/** How many are in the room; without a connection how many were, and when. */
import { useConnectionLook } from "../app/connection";
import { clockTime } from "../i18n/clock";
import { useText, type Language } from "../i18n/language";
import { usePresence } from "./live";
import { PresenceMark } from "./PresenceMark";

/** The figure in words, and its time when it is not live; `undefined`: nothing is known. */
export function useLiveCount(room: string): { words: string; asOf: number | undefined } | undefined {
  const text = useText();
  const presence = usePresence(room);
  const stale = useConnectionLook() !== "fine" && presence?.live === false;
  if (!presence) return undefined;
  return stale ? { words: text.live.asOf(presence.count.toLocaleString(text.lang), clockTime(presence.at, text.lang as Language)), asOf: presence.at } : { words: text.live.here(presence.count), asOf: undefined };
}

export function LiveCount({ words, asOf }: { words: string; asOf: number | undefined }) {
  return <><PresenceMark state="online" asOf={asOf} mute /><span>{words}</span></>;
}
