/** In place of the composer for those who read along. */
import { useState } from "react";
import { client } from "../app/session";
import { say } from "../app/toast";
import { useText } from "../i18n/language";

export function JoinBar({ id }: { id: string }) {
  const text = useText();
  const [busy, setBusy] = useState(false);
  const join = (): void => {
    setBusy(true);
    // The room's own news brings the role, and with it the message field.
    client.api.join(id).catch(() => {
      setBusy(false);
      say(text.act.failed);
    });
  };
  return <div className="dock"><div className="joinbar"><span>{text.room.readOnly}</span><button type="button" className="btn primary" disabled={busy} onClick={join}>{text.room.join}</button></div></div>;
}
