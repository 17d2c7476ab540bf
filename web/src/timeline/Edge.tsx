/** What stands above the first message: the room's beginning, or that older messages are on their way. Always 96 px. */
import type { RoomHandle } from "@chatmesh/client";
import { connected, useSession } from "../app/session";
import { useText } from "../i18n/language";

export function Edge({ handle, name, onRetry }: { handle: RoomHandle; name: string; onRetry: () => void }) {
  const text = useText();
  const online = useSession(connected);
  if (handle.loading.initial && online) return null;
  if (!handle.hasOlder && !handle.loading.initial) return <div className="edge"><b>{text.time.begin(name)}</b>{!handle.entries.some((entry) => entry.kind === "message") && <span>{text.time.emptyMore}</span>}</div>;
  if (!online) return <div className="edge">{text.time.olderOffline}</div>;
  if (handle.loadError) return <div className="edge"><span>{text.time.olderFailed} <button type="button" className="btn sm" onClick={onRetry}>{text.time.retry}</button></span></div>;
  return <div className="edge"><div className="bars" role="img" aria-label={text.app.loading}><i /><i /><i /></div></div>;
}
