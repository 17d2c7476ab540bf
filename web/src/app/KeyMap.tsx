/** What the keys do. */
import { useText } from "../i18n/language";
import { Dialog } from "./Dialog";

export function KeyMap({ onClose }: { onClose: () => void }) {
  const text = useText();
  return (
    <Dialog title={text.keymap.title} onClose={onClose}>
      <dl className="keymap">{text.keymap.rows.map(([keys, does]) => <div key={keys}><dt>{keys.split(" · ").map((key) => <kbd key={key}>{key}</kbd>)}</dt><dd>{does}</dd></div>)}</dl>
      <p className="dim">{text.keymap.letters}</p>
    </Dialog>
  );
}
