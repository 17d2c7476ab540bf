/** A new password, which ends the user's other logins. */
import { useState } from "react";
import { client } from "../app/session";
import { reason, useText } from "../i18n/language";

export function Password({ onDone }: { onDone: () => void }) {
  const text = useText();
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const save = (event: React.FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setBusy(true);
    client.api.patchMe({ old_password: String(form.get("old")), password: String(form.get("new")) }).then(onDone, (error: { code?: string }) => {
      setBusy(false);
      setWrong(error.code === "forbidden" || error.code === "unauthenticated" ? text.welcome.refused : `${text.act.failed}: ${reason(text, error.code)}`);
    });
  };
  return (
    <form className="sheet-form" onSubmit={save}>
      <label className="field">{text.settings.oldPassword}<input name="old" type="password" required maxLength={128} autoComplete="current-password" autoFocus /></label>
      <label className="field">{text.settings.newPassword}<input name="new" type="password" required minLength={8} maxLength={128} autoComplete="new-password" /><small>{text.welcome.passwordHint}</small></label>
      {wrong && <p className="wrong" role="alert">{wrong}</p>}
      <div><button type="submit" className="btn primary" disabled={busy}>{text.app.save}</button></div>
    </form>
  );
}
