/** When the server says "do not come back before something changes": what happened, and the one thing to do. */
import { useText } from "../i18n/language";
import { closeRooms } from "../room/opened";
import { go } from "./address";
import { deferred } from "./deferred";
import { Dialog } from "./Dialog";
import { client, leave, useSession } from "./session";

const AccountForm = deferred(() => import("../welcome/AccountForm").then((module) => module.AccountForm));
export type End = "replaced" | "banned" | "ended";

/** Somebody else has logged in: nothing of the one before stays on the screen. */
function startOver(): void {
  closeRooms();
  go({ view: "home" }, "replace");
}

/** Why the connection will not come back by itself, if so. */
export function useEnd(): End | undefined {
  const status = useSession((session) => session.status);
  if (status.state !== "closed" || status.reason === undefined) return undefined;
  const code = /\b4\d\d\d\b/.exec(status.reason)?.[0] ?? status.reason;
  if (code === "4409" || code === "replaced") return "replaced";
  if (code === "4403" || code === "banned") return "banned";
  return code === "4401" || code === "unauthenticated" ? "ended" : undefined;
}

/** A page of its own with one act. */
export function EndedPage({ end }: { end: "replaced" | "banned" }) {
  const text = useText();
  return (
    <main className="full">
      <div className="still">
        <h1>{end === "replaced" ? text.conn.replaced : text.conn.banned}</h1>
        <span>{end === "replaced" ? text.conn.replacedMore : text.conn.bannedMore}</span>
        {end === "replaced" ? <button type="button" className="btn primary" onClick={() => client.connect()}>{text.conn.resume}</button> : <button type="button" className="btn" onClick={() => void leave(false)}>{text.settings.logout}</button>}
      </div>
    </main>
  );
}

/** Over the room, which stays readable behind it; drafts and outbox are kept. */
export function LoginAgain() {
  const text = useText();
  const me = useSession((session) => session.me);
  return <Dialog title={text.conn.ended} onClose={() => void leave(false)}><p className="dim">{text.conn.endedMore}</p><AccountForm mode="login" name={me?.name} onDone={() => client.me?.id !== me?.id && startOver()} /></Dialog>;
}
