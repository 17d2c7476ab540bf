/** When the server says "do not come back before something changes": what happened, and the one thing to do. */
import { useText } from "../i18n/language";
import { closeRooms } from "../room/opened";
import { AccountForm } from "../welcome/AccountForm";
import { go } from "./address";
import { Dialog } from "./Dialog";
import { client, leave, useSession } from "./session";

/** Somebody else has logged in: nothing of the one before stays on the screen. */
function startOver(): void {
  closeRooms();
  go({ view: "home" }, "replace");
}

export function Ended() {
  const text = useText();
  const status = useSession((session) => session.status);
  const me = useSession((session) => session.me);
  if (status.state !== "closed" || status.reason === undefined) return null;
  const code = /\b4\d\d\d\b/.exec(status.reason)?.[0] ?? status.reason;
  if (code === "4409" || code === "replaced") {
    return <Dialog title={text.conn.replaced} onClose={() => client.connect()}><p className="dim">{text.conn.replacedMore}</p><footer><button type="button" className="btn primary" onClick={() => client.connect()}>{text.conn.resume}</button></footer></Dialog>;
  }
  if (code === "4403" || code === "banned") {
    return <Dialog title={text.conn.banned} onClose={() => void leave(false)}><footer><button type="button" className="btn" onClick={() => void leave(false)}>{text.settings.logout}</button></footer></Dialog>;
  }
  if (code === "4401" || code === "unauthenticated") {
    return <Dialog title={text.conn.ended} onClose={() => void leave(false)}><p className="dim">{text.conn.endedMore}</p><AccountForm mode="login" name={me?.name} onDone={() => client.me?.id !== me?.id && startOver()} /></Dialog>;
  }
  return null;
}
