/** Stands beside the control that asked for an emoji; what is in it loads on first use. */
import { useImperativeHandle, useRef, useState, type Ref } from "react";
import { createPortal } from "react-dom";
import { deferred } from "../app/deferred";
import { useText } from "../i18n/language";

const WIDTH = 332;
const HEIGHT = 348;
const Picker = deferred(() => import("./Picker").then((module) => module.Picker), <div className="picker" aria-busy="true" />, "use");

export interface EmojiPopoverHandle { open(anchor: HTMLElement): void }

export function EmojiPopover({ ref, onPick, onClose }: { ref: Ref<EmojiPopoverHandle>; onPick: (emoji: string) => void; onClose?: () => void }) {
  const text = useText();
  const [at, setAt] = useState<{ left: number; top: number; anchor: HTMLElement }>();
  const shown = useRef<HTMLDivElement>(null);
  useImperativeHandle(ref, () => ({
    open: (anchor) => {
      const rect = anchor.getBoundingClientRect();
      const below = rect.bottom + HEIGHT + 8 <= innerHeight;
      setAt({ anchor, left: Math.max(8, Math.min(rect.right - WIDTH, innerWidth - WIDTH - 8)), top: below ? rect.bottom + 4 : Math.max(8, rect.top - HEIGHT - 4) });
    },
  }), []);
  if (!at) return null;
  const gone = (): void => {
    setAt(undefined);
    onClose?.();
  };
  const close = (): void => {
    if (at.anchor.isConnected) at.anchor.focus();
    gone();
  };
  const show = (node: HTMLDivElement | null): void => {
    shown.current = node;
    if (!node || node.matches(":popover-open")) return;
    node.style.left = `${at.left}px`;
    node.style.top = `${at.top}px`;
    node.showPopover();
  };
  // Outside the row: rows are moved by transforms, and may go while this stands.
  return createPortal(
    <div ref={show} popover="auto" className="emoji-pop" role="dialog" aria-label={text.emoji.title} onToggle={(event) => { if (event.newState === "closed") gone(); }}
      onKeyDown={(event) => { event.stopPropagation(); if (event.key === "Escape") { event.preventDefault(); close(); } }}>
      <Picker onPick={(emoji) => { close(); onPick(emoji); }} />
    </div>,
    document.body,
  );
}
