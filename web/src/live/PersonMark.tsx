/** The other one of a one-to-one room, in place of its sign. */
import { useConnectionLook } from "../app/connection";
import { Icon } from "../app/Icon";
import { useSession } from "../app/session";
import { usePresence } from "./live";
import { PresenceMark } from "./PresenceMark";

export function PersonMark({ room }: { room: string }) {
  const me = useSession((session) => session.me?.id);
  const presence = usePresence(room);
  const stale = useConnectionLook() !== "fine" && presence?.live === false;
  if (!presence) return <Icon name="person" />;
  const other = [...presence.people.values()].find((person) => person.id !== me);
  return <PresenceMark state={other?.state} asOf={stale ? presence.at : undefined} />;
}
