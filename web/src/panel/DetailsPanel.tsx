/** What the room is: name and topic, changed by those who may, and the way out. */
import type { Room } from "@chatmesh/client";
import { useState } from "react";
import { go } from "../app/address";
import { Icon } from "../app/Icon";
import { client } from "../app/session";
import { say } from "../app/toast";
import { reason, useText } from "../i18n/language";
import { closeRoom, type OpenRoom } from "../room/opened";
import { mayManage } from "../room/rights";
import { mute, useMuted } from "../settings/choices";

export function DetailsPanel({ open, state }: { open: OpenRoom; state: Room | undefined }) {
  const text = useText();
  const [wrong, setWrong] = useState("");
  const [busy, setBusy] = useState(false);
  const muted = useMuted(open.id);
  if (!state) return <div className="panel-in" />;
  const save = (event: React.FormEvent<HTMLFormElement>): void => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const [name, topic] = ["name", "topic"].map((field) => String(form.get(field)).normalize("NFC").trim());
    if (!name) return setWrong(text.rooms.needName);
    const change = { ...(name === state.name ? {} : { name }), ...(topic === (state.topic ?? "") ? {} : { topic: topic ?? "" }) };
    if (Object.keys(change).length === 0) return;
    setBusy(true);
    client.api.patchRoom(open.id, change).then(
      () => {
        setBusy(false);
        setWrong("");
        say(text.settings.saved);
      },
      (error: { code?: string }) => {
        setBusy(false);
        setWrong(`${text.act.failed}: ${reason(text, error.code)}`);
      },
    );
  };
  const leave = (): void => {
    client.api.leave(open.id).then(
      () => {
        closeRoom(open.id);
        go({ view: "home" });
      },
      (error: { code?: string }) => say(error.code === "conflict" ? text.room.leaveFailed : text.act.failed),
    );
  };
  return (
    <div className="panel-in details">
      {mayManage(state) ? (
        <form key={`${state.name} ${state.topic ?? ""}`} className="sheet-form" onSubmit={save}>
          <label className="field">{text.rooms.name}<input name="name" defaultValue={state.name} maxLength={80} autoComplete="off" /></label>
          <label className="field">{text.rooms.topic}<textarea name="topic" rows={3} defaultValue={state.topic} maxLength={250} placeholder={text.rooms.topicHint} onKeyDown={(event) => { if (event.key === "Enter" && !event.nativeEvent.isComposing) event.preventDefault(); }} /></label>
          {wrong && <p className="wrong" role="alert">{wrong}</p>}
          <button type="submit" className="btn primary" disabled={busy}>{text.app.save}</button>
        </form>
      ) : (
        <dl><dt>{text.rooms.name}</dt><dd><bdi>{state.name}</bdi></dd>{state.topic && <><dt>{text.rooms.topic}</dt><dd><bdi>{state.topic}</bdi></dd></>}</dl>
      )}
      <p className="dim"><Icon name={state.type === "private" ? "lock" : "users"} small /> {state.type === "private" ? text.rooms.privateHint : state.type === "direct" ? text.room.directHint : text.rooms.publicHint}</p>
      {state.role !== undefined && <label className="check"><input type="checkbox" checked={muted} onChange={(event) => mute(open.id, event.target.checked)} /><span>{text.room.mute}<small>{text.room.muteHint}</small></span></label>}
      {state.role !== undefined && state.type !== "direct" && <button type="button" className="btn danger" onClick={leave}><Icon name="leave" small />{text.room.leave}</button>}
    </div>
  );
}
