/** What a finger gets in place of the toolbar: the same acts as a list. */
import type { Entry } from "@chatmesh/client";
import { Dialog } from "../app/Dialog";
import { Icon } from "../app/Icon";
import { client } from "../app/session";
import { Seen } from "../live/Seen";
import { useRoom } from "../room/facts";
import { mayWrite } from "../room/rights";
import type { OpenRoom } from "../room/opened";
import type { RowActions } from "./actions";
import { QUICK } from "../emoji/quick";
import { QuoteLine } from "./QuoteLine";
import { useOffers } from "./offers";

export function Sheet({ entry, open, actions, onClose }: { entry: Entry; open: OpenRoom; actions: RowActions; onClose: () => void }) {
  const offers = useOffers(entry, open.id, actions);
  const may = mayWrite(useRoom(open.id));
  const run = (act: () => void): void => {
    onClose();
    act();
  };
  return (
    <Dialog title={entry.from.name} onClose={onClose}>
      <p className="dim cut"><QuoteLine text={entry.body?.text ?? ""} /></p>
      {entry.from.id === client.me?.id && <Seen room={open.id} seq={entry.seq} inWords />}
      {may && <div className="sheet-emoji">{QUICK.map((emoji) => <button key={emoji} type="button" className="emoji" aria-label={emoji} onClick={() => run(() => actions.react(entry, emoji))}>{emoji}</button>)}</div>}
      <ul>{offers.map((offer) => <li key={offer.act}><button type="button" className={offer.danger ? "row danger" : "row"} onClick={() => run(offer.run)}><Icon name={offer.icon} />{offer.label}</button></li>)}</ul>
    </Dialog>
  );
}
