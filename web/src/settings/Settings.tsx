/** One dialog: profile, appearance, account. */
import { useState } from "react";
import { go } from "../app/address";
import { Dialog } from "../app/Dialog";
import { client, leave, useSession } from "../app/session";
import { say } from "../app/toast";
import { forgetDrafts } from "../composer/drafts";
import { reason, useText } from "../i18n/language";
import { closeRooms } from "../room/opened";
import { AccountForm } from "../welcome/AccountForm";
import { LookFields } from "./LookFields";

export function Settings({ onClose }: { onClose: () => void }) {
  const text = useText();
  const me = useSession((session) => session.me);
  const [wrong, setWrong] = useState("");
  const [keeping, setKeeping] = useState(false);
  const rename = (event: React.FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const name = String(new FormData(event.currentTarget).get("name")).normalize("NFC").trim();
    if (!name || name === me?.name) return;
    client.api.patchMe({ name }).then(
      () => {
        setWrong("");
        say(text.settings.saved);
      },
      (error: { code?: string }) => setWrong(error.code === "conflict" ? text.welcome.taken : `${text.act.failed}: ${reason(text, error.code)}`),
    );
  };
  const out = (all: boolean): void => {
    onClose();
    forgetDrafts();
    closeRooms();
    go({ view: "home" }, "replace");
    void leave(all);
  };
  return (
    <Dialog title={text.settings.title} onClose={onClose}>
      <form className="inline" onSubmit={rename}>
        <label className="field">{text.settings.name}<input name="name" defaultValue={me?.name} maxLength={32} autoComplete="nickname" /></label>
        <button type="submit" className="btn">{text.app.save}</button>
      </form>
      {wrong && <p className="wrong" role="alert">{wrong}</p>}
      <LookFields />
      {me?.guest && (
        <section className="keep">
          <h3>{text.settings.keep}</h3>
          <p className="dim">{text.settings.keepMore}</p>
          {keeping ? <AccountForm mode="signup" name={me.name} onDone={() => { onClose(); say(text.settings.keepDone); }} /> : <button type="button" className="btn primary" onClick={() => setKeeping(true)}>{text.welcome.signup}</button>}
        </section>
      )}
      <footer><button type="button" className="btn danger" onClick={() => out(true)}>{text.settings.logoutAll}</button><button type="button" className="btn" onClick={() => out(false)}>{text.settings.logout}</button></footer>
    </Dialog>
  );
}
