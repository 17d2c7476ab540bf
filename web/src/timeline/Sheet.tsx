/** What a finger gets in place of the toolbar: a long press opens the same acts as a list. */
import type { Entry } from "@chatmesh/client";
import { useRef } from "react";
import { Dialog } from "../app/Dialog";
import { Icon } from "../app/Icon";
import { useRoom } from "../room/facts";
import { mayWrite } from "../room/rights";
import type { OpenRoom } from "../room/opened";
import type { RowActions } from "./actions";
import { QUICK } from "../emoji/quick";
import { QuoteLine } from "./QuoteLine";
import { useOffers } from "./offers";

const PRESS_MS = 400;
const SLIP_PX = 10;
/** A click follows its lifting finger within this. */
const LIFT_MS = 50;

/** The finger that lifts after a long press must not touch what stands under it by then. */
function swallowClick(): void {
  const swallow = (event: Event): void => {
    event.preventDefault();
    event.stopPropagation();
  };
  const stop = (): void => void setTimeout(() => removeEventListener("click", swallow, true), LIFT_MS);
  addEventListener("click", swallow, true);
  for (const name of ["pointerup", "pointercancel"]) addEventListener(name, stop, { once: true });
}

/** Handlers for an element that a finger may hold; moving the finger is scrolling. */
export function useLongPress(act: () => void) {
  const held = useRef<{ x: number; y: number; timer: ReturnType<typeof setTimeout> }>(undefined);
  const stop = (): void => {
    clearTimeout(held.current?.timer);
    held.current = undefined;
  };
  return {
    onPointerDown: (event: React.PointerEvent) => {
      if (event.pointerType !== "touch") return;
      stop();
      held.current = { x: event.clientX, y: event.clientY, timer: setTimeout(() => { swallowClick(); act(); }, PRESS_MS) };
    },
    onPointerMove: (event: React.PointerEvent) => {
      const from = held.current;
      if (from && Math.hypot(event.clientX - from.x, event.clientY - from.y) > SLIP_PX) stop();
    },
    onPointerUp: stop,
    onPointerCancel: stop,
    onContextMenu: (event: React.MouseEvent) => {
      if (held.current) event.preventDefault();
    },
  };
}

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
      {may && <div className="sheet-emoji">{QUICK.map((emoji) => <button key={emoji} type="button" className="emoji" aria-label={emoji} onClick={() => run(() => actions.react(entry, emoji))}>{emoji}</button>)}</div>}
      <ul>{offers.map((offer) => <li key={offer.act}><button type="button" className={offer.danger ? "row danger" : "row"} onClick={() => run(offer.run)}><Icon name={offer.icon} />{offer.label}</button></li>)}</ul>
    </Dialog>
  );
}
