/** The list over the message field; the field keeps the focus and says which line is meant. */
import { Avatar } from "../app/Avatar";
import { Marked } from "../app/Marked";
import { useText } from "../i18n/language";
import type { Suggestion } from "./suggestions";

export function SuggestionList({ id, list, chosen, onChoose }: { id: string; list: readonly Suggestion[]; chosen: number; onChoose: (one: Suggestion) => void }) {
  const text = useText();
  return (
    <div className="mn" id={id} role="listbox" aria-label={list[0]?.kind === "emoji" ? text.emoji.title : text.room.people}>
      {list.map((one, i) => (
        <div key={one.key} id={`${id}-${i}`} className="qr" role="option" aria-selected={i === chosen} onPointerDown={(event) => { event.preventDefault(); onChoose(one); }}>
          {one.kind === "person" ? (
            <><Avatar id={one.person.id} name={one.person.name} size={20} /><span className="n"><bdi><Marked name={one.person.name} match={one.match} /></bdi></span><small className="cut">{one.here ? text.write.here : text.write.notHere}</small></>
          ) : (
            <><span className="h emoji">{one.char}</span><span className="n">:{one.name}</span></>
          )}
        </div>
      ))}
    </div>
  );
}
