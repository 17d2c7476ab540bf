/** A message's text while its author changes it. */
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import { useText } from "../i18n/language";
import { composing, enterActs } from "../composer/enter";
import { toNames, toTokens } from "../composer/mentions";
import { nameOf } from "../room/names";

const MENTIONED = /<@([A-Za-z0-9_-]{1,64})>/g;

export function EditBox({ source, onSave, onStop }: { source: string; onSave: (text: string) => void; onStop: () => void }) {
  const text = useText();
  const field = useRef<HTMLTextAreaElement>(null);
  const [begun] = useState(() => toNames(source, nameOf));
  const back = (): void => document.getElementById("composer")?.focus();
  const save = (): void => {
    const value = (field.current?.value ?? "").normalize("NFC").replace(/\s+$/, "");
    const ids = [...source.matchAll(MENTIONED)].map((match) => match[1]!);
    if (value) onSave(toTokens(value, ids.flatMap((id) => (nameOf(id) ? [{ id, name: nameOf(id)! }] : [])), new Set(ids)));
    else onStop();
    back();
  };
  const latest = useRef(save);
  useLayoutEffect(() => {
    latest.current = save;
  });
  useEffect(() => {
    const area = field.current;
    if (!area) return undefined;
    area.focus({ preventScroll: true });
    area.setSelectionRange(area.value.length, area.value.length);
    return enterActs(area, () => latest.current());
  }, []);
  const stop = (): void => {
    onStop();
    back();
  };
  return (
    <div className="edit-box">
      <textarea ref={field} rows={1} defaultValue={begun} aria-label={text.act.edit} dir="auto"
        onKeyDown={(event) => { if (event.key === "Escape" && !composing(event.nativeEvent)) { event.preventDefault(); event.stopPropagation(); stop(); } }} />
      <div><button type="button" className="btn sm primary" onClick={save}>{text.app.save}</button><button type="button" className="btn sm" onClick={stop}>{text.app.cancel}</button><span>{text.write.editKeys}</span></div>
    </div>
  );
}
