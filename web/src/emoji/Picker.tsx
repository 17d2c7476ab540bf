/** All emoji: a field to find them by name, and a grid in which the arrows move. */
import { useEffect, useMemo, useRef, useState } from "react";
import { composing } from "../composer/enter";
import { useText } from "../i18n/language";
import { useLook } from "../theme/look";
import { emojiTable, findEmoji, type Emoji, type Groups } from "./names";
import { QUICK } from "./quick";
import "./emoji.css";

const ACROSS = 9;
const FOUND = 45;

export function Picker({ onPick }: { onPick: (emoji: string) => void }) {
  const text = useText();
  const korean = useLook((look) => look.lang === "ko");
  const [table, setTable] = useState<Groups>();
  const [query, setQuery] = useState("");
  const [failed, setFailed] = useState(false);
  const grid = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    field.current?.focus();
    emojiTable().then(setTable, () => setFailed(true));
  }, []);
  const groups = useMemo((): readonly (readonly [string, readonly Emoji[]])[] => {
    if (!table) return [];
    if (query.trim()) return [[text.emoji.found, findEmoji(table, query.trim(), FOUND)]];
    const all = new Map(table.flat().map((emoji) => [emoji[0], emoji]));
    const often = QUICK.map((char) => all.get(char)).filter((emoji) => emoji !== undefined);
    return [[text.emoji.often, often], ...table.map((group, i) => [text.emoji.groups[i] ?? "", group] as const)];
  }, [table, query, text]);

  const cells = (): HTMLButtonElement[] => [...(grid.current?.querySelectorAll<HTMLButtonElement>("button") ?? [])];
  const onKeyDown = (event: React.KeyboardEvent): void => {
    if (composing(event.nativeEvent)) return;
    const all = cells();
    if (event.target === field.current) {
      if (event.key === "ArrowDown") all[0]?.focus();
      else if (event.key === "Enter" && query.trim()) all[0]?.click();
      else return;
      return event.preventDefault();
    }
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -ACROSS, ArrowDown: ACROSS }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    if (at + step < 0) field.current?.focus();
    else all[Math.min(all.length - 1, at + step)]?.focus();
  };
  return (
    <div className="picker" onKeyDown={onKeyDown}>
      <input ref={field} type="search" aria-label={text.emoji.find} placeholder={text.emoji.find} value={query} onChange={(event) => setQuery(event.target.value)} autoComplete="off" />
      <div ref={grid} className="picker-all">
        {failed && <p className="none">{text.room.panelFailed}</p>}
        {groups.map(([title, emojis], g) => (
          <section key={title} aria-label={title}>
            <h3>{title}</h3>
            <div>
              {emojis.map(([char, names, ko], i) => <button key={char} type="button" className="emoji" tabIndex={g === 0 && i === 0 ? 0 : -1} aria-label={korean ? ko : names.split(" ")[0]!.replaceAll("_", " ")} title={korean ? ko : `:${names.split(" ")[0]}`} onClick={() => onPick(char)}>{char}</button>)}
            </div>
            {emojis.length === 0 && <p className="none">{text.emoji.none}</p>}
          </section>
        ))}
      </div>
    </div>
  );
}
