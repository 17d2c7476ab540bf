/** A short list of acts beside the control that opened it: roving focus, Esc and a click elsewhere close it. */
import { useLayoutEffect, useRef, type ReactElement } from "react";
import { createPortal } from "react-dom";
import { Icon, type IconName } from "./Icon";

export interface MenuItem {
  act: string;
  icon: IconName | ReactElement;
  label: string;
  run: () => void;
  danger?: boolean;
  /** One of several that exclude each other, and whether it stands. */
  checked?: boolean;
}
const WIDTH = 208;
const ITEM = 36;

export function Menu({ anchor, label, items, onClose }: { anchor: HTMLElement; label: string; items: readonly MenuItem[]; onClose: () => void }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const node = box.current;
    if (!node) return;
    const rect = anchor.getBoundingClientRect();
    const height = items.length * ITEM + 14;
    node.style.left = `${Math.max(8, Math.min(rect.right - WIDTH, innerWidth - WIDTH - 8))}px`;
    node.style.top = `${rect.bottom + height > innerHeight ? Math.max(8, rect.top - height - 4) : rect.bottom + 4}px`;
    node.showPopover();
    node.querySelector("button")?.focus();
  }, []);
  const close = (): void => {
    if (anchor.isConnected) anchor.focus();
    onClose();
  };
  const onKeyDown = (event: React.KeyboardEvent): void => {
    event.stopPropagation();
    const buttons = [...(box.current?.querySelectorAll("button") ?? [])];
    const at = buttons.indexOf(document.activeElement as HTMLButtonElement);
    const to = { ArrowDown: (at + 1) % buttons.length, ArrowUp: (at + buttons.length - 1) % buttons.length, Home: 0, End: buttons.length - 1 }[event.key];
    if (event.key === "Escape" || event.key === "Tab") close();
    else if (to !== undefined) buttons[to]?.focus();
    else return;
    event.preventDefault();
  };
  // Outside the row: what is drawn over the list must not be part of a row that may go.
  return createPortal(
    <div ref={box} popover="auto" className="menu" role="menu" aria-label={label} onToggle={(event) => { if (event.newState === "closed") onClose(); }} onKeyDown={onKeyDown}>
      {items.map((item) => (
        <button key={item.act} type="button" role={item.checked === undefined ? "menuitem" : "menuitemradio"} aria-checked={item.checked} tabIndex={-1} data-act={item.act} className={item.danger ? "row danger" : "row"} onClick={() => { close(); item.run(); }}>{typeof item.icon === "string" ? <Icon name={item.icon} /> : item.icon}{item.label}</button>
      ))}
    </div>,
    document.body,
  );
}
