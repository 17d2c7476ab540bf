/** Who is writing, in the slot that is always there: nothing moves when it comes or goes. Never announced. */
import { useText } from "../i18n/language";
import { useNameIn, useTyping } from "./live";

export function TypingLine({ room }: { room: string }) {
  const text = useText();
  const typing = useTyping(room);
  const first = useNameIn(room, typing?.users[0] ?? "");
  const second = useNameIn(room, typing?.users[1] ?? "");
  if (!typing) return null;
  const names = [first, second].filter((name) => name !== undefined);
  return <span className="typing cut"><span className="dots" aria-hidden="true"><i /><i /><i /></span><bdi>{text.live.writing(names.slice(0, typing.count), typing.count)}</bdi></span>;
}
