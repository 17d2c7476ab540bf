/** The reactions of a message; the own one shows at once and goes back when the server refuses it. */
import type { Entry, OutboxItem } from "@chatmesh/client";
import { useRef, useState } from "react";
import { Icon } from "../app/Icon";
import { useText } from "../i18n/language";
import { useRoom } from "../room/facts";
import { mayWrite } from "../room/rights";
import type { OpenRoom } from "../room/opened";
import type { RowActions } from "./actions";
import { EmojiPopover, type EmojiPopoverHandle } from "../emoji/EmojiPopover";

/** More kinds than these fold into one pill. */
const KINDS = 8;

interface Shown { emoji: string; count: number; me: boolean }

export function shownReactions(entry: Entry, changes: readonly OutboxItem[]): Shown[] {
  const shown = (entry.reactions ?? []).map(({ emoji, count, me }) => ({ emoji, count, me }));
  for (const item of changes) {
    if (item.kind !== "react" || item.emoji === undefined || item.state === "failed") continue;
    const on = item.remove !== true;
    const found = shown.find((reaction) => reaction.emoji === item.emoji);
    if (!found) {
      if (on) shown.push({ emoji: item.emoji, count: 1, me: true });
    } else if (found.me !== on) {
      found.me = on;
      found.count += on ? 1 : -1;
    }
  }
  return shown.filter((reaction) => reaction.count > 0);
}

export function Reactions({ entry, changes, open, actions }: { entry: Entry; changes: readonly OutboxItem[]; open: OpenRoom; actions: RowActions }) {
  const text = useText();
  const grid = useRef<EmojiPopoverHandle>(null);
  const may = mayWrite(useRoom(open.id));
  const shown = shownReactions(entry, changes);
  const [all, setAll] = useState(false);
  if (shown.length === 0) return null;
  const folded = all ? 0 : Math.max(0, shown.length - KINDS);
  return (
    <div className="rx">
      {shown.slice(0, shown.length - folded).map(({ emoji, count, me }) => (
        <button key={emoji} type="button" aria-pressed={me} aria-label={text.act.reaction(emoji, count, me)} disabled={!may} onClick={() => actions.react(entry, emoji)}>
          <span className="emoji">{[...emoji].slice(0, 12).join("")}</span>{count > 999 ? "999+" : count}
        </button>
      ))}
      {folded > 0 && <button type="button" aria-label={text.act.moreReactions(folded)} onClick={() => setAll(true)}>+{folded}</button>}
      {may && <button type="button" className="add" aria-label={text.act.react} onClick={(event) => grid.current?.open(event.currentTarget)}><Icon name="smile" small /></button>}
      <EmojiPopover ref={grid} onPick={(emoji) => actions.react(entry, emoji)} />
    </div>
  );
}
