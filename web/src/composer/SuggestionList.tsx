/** The list over the message field; the field keeps the focus and says which line is meant. */
import { Marked } from "../app/Marked";
import { useText } from "../i18n/language";
import { usePresence } from "../live/live";
import { PersonAvatar } from "../live/PersonAvatar";
import type { Person, Suggestion } from "./suggestions";

export function SuggestionList({ id, room, list, chosen, onChoose }: { id: string; room: string; list: readonly Suggestion[]; chosen: number; onChoose: (one: Suggestion) => void }) {
  const text = useText();
  const presence = usePresence(room);
  // Of a crowd only some are named.
  const told = (one: Person): boolean => presence !== undefined && (presence.people.has(one.id) || presence.people.size === presence.count);
  return (
    <div className="mn" id={id} role="listbox" aria-label={list[0]?.kind === "emoji" ? text.emoji.title : text.room.people}>
      {list.map((one, i) => (
        <div key={one.key} id={`${id}-${i}`} className="qr" role="option" aria-selected={i === chosen} onPointerDown={(event) => { event.preventDefault(); onChoose(one); }}>
          {one.kind === "person" ? (
            <><PersonAvatar id={one.person.id} name={one.person.name} told={one.here && told(one.person)} state={presence?.people.get(one.person.id)?.state} /><span className="n"><bdi><Marked name={one.person.name} match={one.match} /></bdi></span><small className="cut">{one.here ? text.write.here : text.write.notHere}</small></>
          ) : (
            <><span className="h emoji">{one.char}</span><span className="n">:{one.name}</span></>
          )}
        </div>
      ))}
    </div>
  );
}
