/** The toolbar of a message, drawn only while it is hovered or focused. */
import type { Entry } from "@chatmesh/client";
import { useRef } from "react";
import { Icon, type IconName } from "../app/Icon";
import { useSession } from "../app/session";
import { useText } from "../i18n/language";
import { useRoom } from "../room/facts";
import { mayDelete, mayEdit, mayPin, mayWrite } from "../room/rights";
import type { OpenRoom } from "../room/opened";
import type { RowActions } from "./actions";
import { EmojiGrid, QUICK, type EmojiGridHandle } from "./EmojiGrid";

export interface Offer { act: string; icon: IconName; label: string; run: () => void; danger?: boolean }

/** What this reader may do with this message, in the order of the sheet. */
export function useOffers(entry: Entry, open: OpenRoom, actions: RowActions): Offer[] {
  const text = useText();
  const me = useSession((session) => session.me);
  const room = useRoom(open.id);
  const offers: (Offer | false)[] = [
    mayWrite(room) && { act: "reply", icon: "reply", label: text.act.reply, run: () => actions.reply(entry.seq) },
    { act: "thread", icon: "thread", label: text.act.thread, run: () => actions.thread(entry.seq) },
    mayEdit(entry, me, room) && { act: "edit", icon: "edit", label: text.act.edit, run: () => actions.edit(entry.seq) },
    { act: "copy", icon: "copy", label: text.act.copy, run: () => actions.copy(entry) },
    mayPin(entry, room) && { act: "pin", icon: "pin", label: entry.pinned ? text.act.unpin : text.act.pin, run: () => actions.pin(entry) },
    mayDelete(entry, me, room) && { act: "remove", icon: "trash", label: text.act.remove, run: () => actions.remove(entry), danger: true },
  ];
  return offers.filter((offer): offer is Offer => offer !== false);
}

export function Tools({ entry, open, actions }: { entry: Entry; open: OpenRoom; actions: RowActions }) {
  const text = useText();
  const grid = useRef<EmojiGridHandle>(null);
  const offers = useOffers(entry, open, actions);
  const may = mayWrite(useRoom(open.id));
  return (
    <div className="tools">
      {may && (
        <>
          {QUICK.slice(0, 2).map((emoji) => <button key={emoji} type="button" className="ib" aria-label={emoji} onClick={() => actions.react(entry, emoji)}><span className="emoji">{emoji}</span></button>)}
          <button type="button" className="ib" data-act="react" aria-label={text.act.react} title={text.act.react} onClick={(event) => grid.current?.open(event.currentTarget)}><Icon name="smile" /></button>
          <span className="sp" />
        </>
      )}
      {offers.map((offer) => <button key={offer.act} type="button" className="ib" data-act={offer.act} aria-label={offer.label} title={offer.label} onClick={offer.run}><Icon name={offer.icon} /></button>)}
      <EmojiGrid ref={grid} onPick={(emoji) => actions.react(entry, emoji)} />
    </div>
  );
}
