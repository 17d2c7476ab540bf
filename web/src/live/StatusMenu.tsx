/** The reader's own status: a choice of four, and words beside it. */
import { Dialog } from "../app/Dialog";
import { Menu } from "../app/Menu";
import { client } from "../app/session";
import { useText } from "../i18n/language";
import { useOwnStatus } from "./live";
import { PresenceMark } from "./PresenceMark";

const STATES = ["online", "away", "dnd", "invisible"] as const;

export function StatusMenu({ anchor, onWords, onClose }: { anchor: HTMLElement; onWords: () => void; onClose: () => void }) {
  const text = useText();
  const { state: now, text: words } = useOwnStatus();
  const states = STATES.map((state) => ({ act: state, icon: <PresenceMark state={state} mute />, label: text.live[state], checked: state === now, run: () => client.live.setStatus(state, words) }));
  return <Menu anchor={anchor} label={text.live.status} items={[...states, { act: "words", icon: "edit", label: text.live.words, run: onWords }]} onClose={onClose} />;
}

export function StatusWords({ onClose }: { onClose: () => void }) {
  const text = useText();
  const status = useOwnStatus();
  const save = (words: string): void => {
    client.live.setStatus(status.state, words.normalize("NFC").trim());
    onClose();
  };
  return (
    <Dialog title={text.live.words} onClose={onClose}>
      <form className="sheet-form" onSubmit={(event) => { event.preventDefault(); save(String(new FormData(event.currentTarget).get("words"))); }}>
        <label className="field">{text.live.words}<input name="words" defaultValue={status.text} maxLength={100} autoComplete="off" autoFocus /><small>{text.live.wordsHint}</small></label>
        <footer>{status.text && <button type="button" className="btn" onClick={() => save("")}>{text.live.clear}</button>}<button type="submit" className="btn primary">{text.app.save}</button></footer>
      </form>
    </Dialog>
  );
}
