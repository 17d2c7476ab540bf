/** A small grid of emoji beside the control that asked for it. */
import { useImperativeHandle, useRef, useState, type Ref } from "react";
import { createPortal } from "react-dom";

export const QUICK = ["👍", "🙏", "😂", "🤯", "👀"] as const;
const GRID = "👍 🙏 😂 🤯 👀 ❤️ 🎉 🔥 ✅ ❌ 👏 🙌 💯 😊 😍 😅 😭 😢 😮 😡 🤔 🙄 😴 🤝 💪 🫡 👋 🚀 ⭐ 💡 🐛 🔧 📌 ☕ 🍻 🍚 🌱 🌙 ☀️ 🎂".split(" ");
const WIDTH = 288;
const HEIGHT = 186;

export interface EmojiGridHandle { open(anchor: HTMLElement): void }

export function EmojiGrid({ ref, onPick }: { ref: Ref<EmojiGridHandle>; onPick: (emoji: string) => void }) {
  const [at, setAt] = useState<{ left: number; top: number; anchor: HTMLElement }>();
  const box = useRef<HTMLDivElement>(null);
  useImperativeHandle(ref, () => ({
    open: (anchor) => {
      const rect = anchor.getBoundingClientRect();
      setAt({ anchor, left: Math.max(8, Math.min(rect.right - WIDTH, innerWidth - WIDTH - 8)), top: rect.bottom + HEIGHT > innerHeight ? Math.max(8, rect.top - HEIGHT - 4) : rect.bottom + 4 });
    },
  }), []);
  if (!at) return null;
  const close = (): void => {
    setAt(undefined);
    if (at.anchor.isConnected) at.anchor.focus();
  };
  const move = (event: React.KeyboardEvent): void => {
    const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -8, ArrowDown: 8 }[event.key];
    if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
    if (step === undefined) return;
    event.preventDefault();
    const buttons = [...(box.current?.querySelectorAll("button") ?? [])];
    buttons[Math.max(0, Math.min(buttons.length - 1, buttons.indexOf(document.activeElement as HTMLButtonElement) + step))]?.focus();
  };
  // Outside the row: rows are moved by transforms, which would carry the grid along and clip it.
  return createPortal(
    <div ref={(node) => { box.current = node; if (node && !node.matches(":popover-open")) { node.style.left = `${at.left}px`; node.style.top = `${at.top}px`; node.showPopover(); node.querySelector("button")?.focus(); } }}
      popover="auto" className="emoji-grid" onToggle={(event) => { if (event.newState === "closed") setAt(undefined); }} onKeyDown={move}>
      <div>
        {GRID.map((emoji, i) => <button key={emoji} type="button" className="emoji" tabIndex={i === 0 ? 0 : -1} aria-label={emoji} onClick={() => { close(); onPick(emoji); }}>{emoji}</button>)}
      </div>
    </div>,
    document.body,
  );
}
