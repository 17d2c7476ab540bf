/** The toolbar of a message, drawn only while it is hovered, focused, or its menu stands open. */
import type { Entry } from "@chatmesh/client";
import { useRef, useState } from "react";
import { Icon } from "../app/Icon";
import { Menu } from "../app/Menu";
import { QUICK } from "../emoji/quick";
import { useText } from "../i18n/language";
import { useRoom } from "../room/facts";
import { mayWrite } from "../room/rights";
import type { OpenRoom } from "../room/opened";
import type { RowActions } from "./actions";
import { EmojiPopover, type EmojiPopoverHandle } from "../emoji/EmojiPopover";
import { useOffers } from "./offers";

/** What stands in the bar itself; the rest is in the menu. */
const DIRECT = new Set(["reply", "thread", "edit"]);

export function Tools({ entry, open, actions, onMenu }: { entry: Entry; open: OpenRoom; actions: RowActions; onMenu: (open: boolean) => void }) {
  const text = useText();
  const grid = useRef<EmojiPopoverHandle>(null);
  const [anchor, setAnchor] = useState<HTMLElement>();
  const offers = useOffers(entry, open.id, actions);
  const may = mayWrite(useRoom(open.id));
  const menu = (next: HTMLElement | undefined): void => {
    setAnchor(next);
    onMenu(next !== undefined);
  };
  return (
    <div className="tools">
      {may && (
        <>
          {QUICK.slice(0, 2).map((emoji) => <button key={emoji} type="button" className="ib" aria-label={emoji} onClick={() => actions.react(entry, emoji)}><span className="emoji">{emoji}</span></button>)}
          <button type="button" className="ib" data-act="react" aria-label={text.act.react} title={text.act.react} onClick={(event) => { onMenu(true); grid.current?.open(event.currentTarget); }}><Icon name="smile" /></button>
          <span className="sp" />
        </>
      )}
      {offers.filter((offer) => DIRECT.has(offer.act)).map((offer) => <button key={offer.act} type="button" className="ib" data-act={offer.act} aria-label={offer.label} title={offer.label} onClick={offer.run}><Icon name={offer.icon} /></button>)}
      <button type="button" className="ib" data-act="more" aria-haspopup="menu" aria-expanded={anchor !== undefined} aria-label={text.time.more} title={text.time.more} onClick={(event) => menu(event.currentTarget)}><Icon name="more" /></button>
      {anchor && <Menu anchor={anchor} label={text.time.more} items={offers.filter((offer) => !DIRECT.has(offer.act))} onClose={() => menu(undefined)} />}
      <EmojiPopover ref={grid} onPick={(emoji) => actions.react(entry, emoji)} onClose={() => onMenu(false)} />
    </div>
  );
}
