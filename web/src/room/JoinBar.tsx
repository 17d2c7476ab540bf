/** In place of the composer for those who read along. */
import { useState } from "react";
import { client } from "../app/session";
import { say } from "../app/toast";
import { useText } from "../i18n/language";

export function JoinBar({ id, onJoined }: { id: string; onJoined: () => void }) {
  const text = useText();
  const [busy, setBusy] = useState(false);
  const join = (): void => {
    setBusy(true);
    client.api.join(id).then(onJoined, () => {
      setBusy(false);
      say(text.act.failed);
    });
  };
  return <div className="dock"><div className="joinbar"><span>{text.room.readOnly}</span><button type="button" className="btn primary" disabled={busy} onClick={join}>{text.room.join}</button></div></div>;
}
