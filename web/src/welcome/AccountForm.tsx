/** Log in, or make an account (from nothing or from a guest). */
import { useState } from "react";
import { client, enter } from "../app/session";
import { useText } from "../i18n/language";
import { refusal } from "./refusal";

export function AccountForm({ mode, name = "", onDone }: { mode: "login" | "signup"; name?: string; onDone?: () => void }) {
  const text = useText();
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const [shown, setShown] = useState(false);
  const submit = (event: React.FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const who = { name: String(form.get("name")).normalize("NFC").trim(), password: String(form.get("password")) };
    setBusy(true);
    setWrong("");
    client[mode](who).then(
      () => {
        enter();
        onDone?.();
      },
      (error: { code?: string }) => {
        setBusy(false);
        setWrong(refusal(text, error));
      },
    );
  };
  return (
    <form className="gc" onSubmit={submit}>
      <label className="field">{text.welcome.name}<input name="name" required maxLength={32} defaultValue={name} autoComplete="username" autoFocus /></label>
      <label className="field">{text.welcome.password}
        <span className="gn"><input name="password" type={shown ? "text" : "password"} required minLength={mode === "signup" ? 8 : undefined} maxLength={128} autoComplete={mode === "signup" ? "new-password" : "current-password"} />
          <button type="button" className="btn quiet sm" onClick={() => setShown(!shown)}>{shown ? text.welcome.hide : text.welcome.show}</button></span>
        {mode === "signup" && <small>{text.welcome.passwordHint}</small>}
      </label>
      {wrong && <p className="wrong" role="alert">{wrong}</p>}
      <button type="submit" className="btn primary lg" disabled={busy}>{mode === "login" ? text.welcome.login : text.welcome.signup}</button>
    </form>
  );
}
