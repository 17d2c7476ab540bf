/** The other one of a one-to-one room, in place of its sign. */
import { Icon } from "../app/Icon";
import { useOther } from "./live";
import { PresenceMark } from "./PresenceMark";

export function PersonMark({ room }: { room: string }) {
  const other = useOther(room);
  return other ? <PresenceMark state={other.person?.state} asOf={other.asOf} /> : <Icon name="person" />;
}
