/** How many are in the room, or how the other one is there; without a connection what was known, and when. */
import { clockTime } from "../i18n/clock";
import { useText, type Language } from "../i18n/language";
import { useFigures, useOther } from "./live";
import { PresenceMark } from "./PresenceMark";
import { shownAs } from "./shown";

export interface Figure { words: string; state: string | undefined; asOf: number | undefined }

/** `undefined`: nothing is known. */
export function useLiveCount(room: string, direct: boolean): Figure | undefined {
  const text = useText();
  const figures = useFigures(room);
  const other = useOther(room);
  if (!figures || !other) return undefined;
  const { count } = figures.presence;
  const { asOf } = figures;
  const state = direct ? other.person?.state : "online";
  const now = direct ? [text.live[shownAs(state)], other.person?.text ?? []].flat().join(" · ") : text.live.here(count);
  const then = direct ? text.live[shownAs(state)] : count.toLocaleString(text.lang);
  return { words: asOf === undefined ? now : text.live.asOf(then, clockTime(asOf, text.lang as Language)), state, asOf };
}

export function LiveCount({ words, state, asOf }: Figure) {
  return <><PresenceMark state={state} asOf={asOf} mute /><span className="cut"><bdi>{words}</bdi></span></>;
}
