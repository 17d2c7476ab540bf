/** Somebody in a list, and how he is there as far as it is told. */
import { Avatar } from "../app/Avatar";
import { PresenceMark } from "./PresenceMark";

export function PersonAvatar({ id, name, told, state }: { id: string; name: string; told: boolean; state: string | undefined }) {
  const avatar = <Avatar id={id} name={name} size={20} />;
  return told ? <span className="av-with">{avatar}<PresenceMark state={state} /></span> : avatar;
}
