/** A name with the part that was found. */
import type { Match } from "../switcher/hangul";

export function Marked({ name, match: { from, to } }: { name: string; match: Match }) {
  const shown = name.normalize("NFC");
  return to === 0 ? shown : <>{shown.slice(0, from)}<mark>{shown.slice(from, to)}</mark>{shown.slice(to)}</>;
}
