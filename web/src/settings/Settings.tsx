/** One dialog: profile, appearance, notifications and keys, account. */
import { useState } from "react";
import { go } from "../app/address";
import { Dialog } from "../app/Dialog";
import { allowNotify, canNotify } from "../app/notify";
import { client, leave, useSession } from "../app/session";
import { say } from "../app/toast";
import { forgetDrafts } from "../composer/drafts";
import { reason, useText } from "../i18n/language";
import { closeRooms } from "../room/opened";
import { AccountForm } from "../welcome/AccountForm";
import { choose, useChoice } from "./choices";
import { LookFields } from "./LookFields";
import { Password } from "./Password";

export function Settings({ onClose }: { onClose: () => void }) {
  const text = useText();
  const me = useSession((session) => session.me);
  const [wrong, setWrong] = useState("");
  const [open, setOpen] = useState<"keep" | "password">();
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
      <Switches />
      {me?.guest ? (
        <section className="keep">
          <h3>{text.settings.keep}</h3>
          <p className="dim">{text.settings.keepMore}</p>
          {open === "keep" ? <AccountForm mode="signup" name={me.name} onDone={() => { onClose(); say(text.settings.keepDone); }} /> : <button type="button" className="btn primary" onClick={() => setOpen("keep")}>{text.welcome.signup}</button>}
        </section>
      ) : open === "password" ? (
        <Password onDone={() => { setOpen(undefined); say(text.settings.passwordDone); }} />
      ) : (
        <div><button type="button" className="btn" onClick={() => setOpen("password")}>{text.settings.password}</button></div>
      )}
      <footer><button type="button" className="btn danger" onClick={() => out(true)}>{text.settings.logoutAll}</button><button type="button" className="btn" onClick={() => out(false)}>{text.settings.logout}</button></footer>
    </Dialog>
  );
}

function Switches() {
  const text = useText();
  const notify = useChoice("notify");
  const sound = useChoice("sound");
  const letters = useChoice("letters");
  const [refused, setRefused] = useState(false);
  const ask = (on: boolean): void => void allowNotify(on).then(() => setRefused(on && Notification.permission !== "granted"));
  const pair = (name: string, now: boolean, change: (on: boolean) => void) => (
    <div className="seg" role="group" aria-label={name}>{[true, false].map((on) => <button key={String(on)} type="button" aria-pressed={now === on} onClick={() => change(on)}>{on ? text.settings.on : text.settings.off}</button>)}</div>
  );
  return (
    <section className="switches">
      {canNotify() && <div className="choice"><span>{text.settings.notify}<small>{refused ? text.settings.notifyOff : text.settings.notifyMore}</small></span>{pair(text.settings.notify, notify, ask)}</div>}
      <div className="choice"><span>{text.settings.sound}<small>{text.settings.soundMore}</small></span>{pair(text.settings.sound, sound, (on) => choose({ sound: on }))}</div>
      <div className="choice"><span>{text.settings.letters}</span>{pair(text.settings.letters, letters, (on) => choose({ letters: on }))}</div>
    </section>
  );
}
