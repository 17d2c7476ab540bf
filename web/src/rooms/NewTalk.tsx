/** The dialog that begins a one-to-one room. */
import { Dialog } from "../app/Dialog";
import { say } from "../app/toast";
import { useText } from "../i18n/language";
import { writeTo } from "../room/write-to";
import { PersonFinder } from "./PersonFinder";

export function NewTalk({ onClose }: { onClose: () => void }) {
  const text = useText();
  const begin = (user: string): void => {
    writeTo(user).then(onClose, () => say(text.act.failed));
  };
  return <Dialog title={text.side.message} onClose={onClose}><PersonFinder label={text.room.person} icon="send" autoFocus onChoose={begin} /></Dialog>;
}
