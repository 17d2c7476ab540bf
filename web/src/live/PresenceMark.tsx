/** How somebody is there: a shape, then a colour, then a word. */
import { clockTime } from "../i18n/clock";
import { useText, type Language } from "../i18n/language";
import { shownAs, type Shown } from "./shown";

const SHAPES: Record<Shown, React.ReactNode> = {
  online: <circle cx="6" cy="6" r="5" />,
  away: <path d="M5.2 1.1A5 5 0 1 0 10.9 6.8 4.6 4.6 0 0 1 5.2 1.1z" />,
  dnd: <path fillRule="evenodd" d="M3.6 1h4.8A2.6 2.6 0 0 1 11 3.600v4.800A2.6 2.6 0 0 1 8.400 11H3.600A2.6 2.6 0 0 1 1 8.400V3.600A2.6 2.6 0 0 1 3.600 1zM4 5.200a.85.85 0 0 0 0 1.700h4a.85.85 0 0 0 0-1.700z" />,
  offline: <circle cx="6" cy="6" r="4" />,
};

/** @property asOf the time of a figure that is not live any more: its shape is hollow
 *  @property mute the word stands beside it */
export function PresenceMark({ state, asOf, mute }: { state: string | undefined; asOf?: number | undefined; mute?: boolean }) {
  const text = useText();
  const shown = shownAs(state);
  const word = asOf === undefined ? text.live[shown] : text.live.asOf(text.live[shown], clockTime(asOf, text.lang as Language));
  return <svg className="pr" viewBox="0 0 12 12" data-state={shown} data-hollow={asOf === undefined ? undefined : ""} {...(mute ? { "aria-hidden": true } : { role: "img", "aria-label": word })}>{SHAPES[shown]}</svg>;
}
