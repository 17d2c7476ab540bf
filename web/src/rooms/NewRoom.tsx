/** The dialog that makes a room. */
import { useState } from "react";
import { go } from "../app/address";
import { Dialog } from "../app/Dialog";
import { client } from "../app/session";
import { reason, useText } from "../i18n/language";

export function NewRoom({ onClose }: { onClose: () => void }) {
  const text = useText();
  const [type, setType] = useState<"public" | "private">("public");
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const make = (event: React.FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const name = String(form.get("name")).normalize("NFC").trim();
    const topic = String(form.get("topic")).normalize("NFC").trim();
    if (!name) return setWrong(text.rooms.needName);
    setBusy(true);
    client.api.createRoom({ name, type, ...(topic ? { topic } : {}) }).then(
      (room) => {
        onClose();
        go({ view: "room", room: room.room });
      },
      (error: { code?: string }) => {
        setBusy(false);
        setWrong(`${text.act.failed}: ${reason(text, error.code)}`);
      },
    );
  };
  return (
    <Dialog title={text.rooms.newTitle} onClose={onClose}>
      <form className="sheet-form" onSubmit={make}>
        <label className="field">{text.rooms.name}<input name="name" maxLength={80} autoComplete="off" autoFocus /></label>
        <label className="field">{text.rooms.topic}<input name="topic" maxLength={250} autoComplete="off" placeholder={text.rooms.topicHint} /></label>
        <div>
          <div className="seg" role="group">
            {(["public", "private"] as const).map((kind) => <button key={kind} type="button" aria-pressed={type === kind} onClick={() => setType(kind)}>{text.rooms[kind]}</button>)}
          </div>
          <p className="dim">{type === "public" ? text.rooms.publicHint : text.rooms.privateHint}</p>
        </div>
        {wrong && <p className="wrong" role="alert">{wrong}</p>}
        <footer><button type="button" className="btn" onClick={onClose}>{text.app.cancel}</button><button type="submit" className="btn primary" disabled={busy}>{text.rooms.make}</button></footer>
      </form>
    </Dialog>
  );
}
