/** The door: one click for a guest, log in and sign up beside it. */
import { useState } from "react";
import { Avatar } from "../app/Avatar";
import { Icon, Logo } from "../app/Icon";
import { client, enter } from "../app/session";
import { speak, useText } from "../i18n/language";
import { changeLook, isDark, readLook, useLook } from "../theme/look";
import { AccountForm } from "./AccountForm";
import { arrive } from "./arrive";
import { guestName } from "./guest";
import { refusal } from "./refusal";

type Door = "guest" | "login" | "signup";

export function Welcome() {
  const text = useText();
  const lang = useLook((look) => look.lang);
  useLook((look) => look.theme);
  const [door, setDoor] = useState<Door>("guest");
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
          {door === "guest" ? <GuestDoor key={lang} /> : <AccountForm key={door} mode={door} onDone={() => door === "signup" && void arrive(text.rooms.first)} />}
          <div className="alt">
            <span>{door === "guest" ? text.welcome.before : door === "login" ? text.welcome.toSignup : text.welcome.toLogin}</span>
            {door !== "guest" && <button type="button" className="btn" onClick={() => setDoor("guest")}>{text.time.guest}</button>}
            {door !== "login" && <button type="button" className="btn" onClick={() => setDoor("login")}>{text.welcome.login}</button>}
            {door !== "signup" && <button type="button" className="btn" onClick={() => setDoor("signup")}>{text.welcome.signup}</button>}
          </div>
        </div>
      </main>
      <Aside />
    </div>
  );
}

function GuestDoor() {
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
    <form className="gc" onSubmit={submit}>
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

/** Beside the door; the ranked rooms take this place when the wire offers them. */
function Aside() {
  const text = useText();
  return (
    <aside className="w-r" aria-label={text.welcome.asideTitle}>
      <svg className="net" viewBox="0 0 640 800" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
        <g fill="none" stroke="currentColor"><path d="M-20 20 90 -10 230 70 340 20 470 60 660 -10M230 70 300 200 190 330 -20 240M340 20 380 180 520 200 660 120M300 200 380 180M190 330 60 480 120 640 -20 720M520 200 600 380 560 560 660 600M560 560 430 640 280 700 120 640M430 640 500 790M280 700 300 820M60 480 -20 430M600 380 660 340" /></g>
        <g fill="var(--c-line-strong)">{[[90, -10], [230, 70], [340, 20], [470, 60], [300, 200], [380, 180], [520, 200], [190, 330], [60, 480], [120, 640], [600, 380], [560, 560], [430, 640], [280, 700]].map(([x, y]) => <circle key={`${x}${y}`} cx={x} cy={y} r="3" />)}</g>
      </svg>
      <div className="w-card">
        <ul>{text.welcome.aside.map(([title, more], i) => <li key={title}><Icon name={i === 0 ? "check" : i === 1 ? "off" : "thread"} /><b>{title}</b><span>{more}</span></li>)}</ul>
      </div>
    </aside>
  );
}
