/** The door: one click for a guest, log in and sign up beside it. */
import { useRef, useState } from "react";
import { go } from "../app/address";
import { Avatar } from "../app/Avatar";
import { deferred } from "../app/deferred";
import { Icon, Logo } from "../app/Icon";
import { client, enter } from "../app/session";
import { speak, useText } from "../i18n/language";
import { changeLook, isDark, readLook, useLook } from "../theme/look";
import { arrive } from "./arrive";
import { guestName } from "./guest";
import { refusal } from "./refusal";

const AccountForm = deferred(() => import("./AccountForm").then((module) => module.AccountForm));
const Aside = deferred(() => import("./Aside").then((module) => module.Aside), <aside className="w-r" />);
/** Beside the door is place for a window. */
const wide = matchMedia("(min-width: 861px)");
type Door = "guest" | "login" | "signup";

export function Welcome() {
  const text = useText();
  const lang = useLook((look) => look.lang);
  useLook((look) => look.theme);
  const [door, setDoor] = useState<Door>("guest");
  const guest = useRef<HTMLFormElement>(null);
  /** A room behind the window: the way of a guest leads into it. */
  const enterAt = (room: string): void => {
    go({ view: "room", room });
    guest.current?.requestSubmit();
  };
  return (
    <div id="welcome">
      <header className="w-top">
        <Logo />
        <div>
          <div className="seg" role="group" aria-label={text.look.language}>
            <button type="button" lang="en" aria-pressed={lang === "en"} onClick={() => void speak("en")}>English</button>
            <button type="button" lang="ko" aria-pressed={lang === "ko"} onClick={() => void speak("ko")}>한국어</button>
          </div>
          <button type="button" className="ib" aria-label={isDark() ? text.look.toLight : text.look.toDark} onClick={() => changeLook({ theme: isDark() ? "light" : "dark" })}><Icon name={isDark() ? "sun" : "moon"} /></button>
        </div>
      </header>
      <main className="w-l">
        <div>
          <h1>{text.welcome.title}</h1>
          <p className="lead">{text.welcome.lead}</p>
          {door === "guest" ? <GuestDoor key={lang} form={guest} /> : <AccountForm key={door} mode={door} onDone={() => door === "signup" && void arrive(text.rooms.first)} />}
          <div className="alt">
            <span>{door === "guest" ? text.welcome.before : door === "login" ? text.welcome.toSignup : text.welcome.toLogin}</span>
            {door !== "guest" && <button type="button" className="btn" onClick={() => setDoor("guest")}>{text.time.guest}</button>}
            {door !== "login" && <button type="button" className="btn" onClick={() => setDoor("login")}>{text.welcome.login}</button>}
            {door !== "signup" && <button type="button" className="btn" onClick={() => setDoor("signup")}>{text.welcome.signup}</button>}
          </div>
        </div>
      </main>
      {wide.matches && <Aside onEnter={enterAt} />}
    </div>
  );
}

function GuestDoor({ form }: { form: React.Ref<HTMLFormElement> }) {
  const text = useText();
  const [name, setName] = useState(() => guestName(readLook().lang));
  const [busy, setBusy] = useState(false);
  const [wrong, setWrong] = useState("");
  const submit = (event: React.FormEvent): void => {
    event.preventDefault();
    setBusy(true);
    setWrong("");
    const wanted = name.normalize("NFC").trim();
    client.guest(wanted || undefined).then(
      () => {
        enter();
        void arrive(text.rooms.first);
      },
      (error: { code?: string }) => {
        setBusy(false);
        setWrong(refusal(text, error));
      },
    );
  };
  return (
    <form ref={form} className="gc" onSubmit={submit}>
      <label htmlFor="guest-name">{text.welcome.nameLabel}</label>
      <div className="gn">
        <Avatar id={name} name={name || "?"} size={28} />
        <input id="guest-name" value={name} maxLength={32} onChange={(event) => setName(event.target.value)} autoComplete="nickname" />
        <button type="button" className="ib" aria-label={text.welcome.shuffle} title={text.welcome.shuffle} onClick={() => setName(guestName(readLook().lang))}><Icon name="shuffle" /></button>
      </div>
      {/* The way in is under the first press of Enter. */}
      <button type="submit" className="btn primary lg" disabled={busy} autoFocus>{busy ? text.welcome.entering : text.welcome.enter}</button>
      {wrong && <p className="wrong" role="alert">{wrong}</p>}
      <p className="hint">{text.welcome.hint}</p>
    </form>
  );
}
