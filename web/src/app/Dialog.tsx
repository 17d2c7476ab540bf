/** A native dialog: focus stays inside and returns when it closes; Esc and a click beside it close it. */
import { useEffect, useId, useRef, type ReactNode } from "react";
import { useText } from "../i18n/language";
import { Icon } from "./Icon";

export function Dialog({ title, onClose, children }: { title: string; onClose: () => void; children: ReactNode }) {
  const box = useRef<HTMLDialogElement>(null);
  const name = useId();
  const text = useText();
  useEffect(() => {
    const before = document.activeElement;
    const dialog = box.current;
    if (dialog && !dialog.open) dialog.showModal();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return (
    // A browser that was not touched in between closes it without asking: `onClose` then says so.
    <dialog ref={box} aria-labelledby={name} onClose={onClose} onCancel={(event) => { event.preventDefault(); onClose(); }} onPointerDown={(event) => { if (event.target === box.current) onClose(); }}>
      <div className="sheet">
        <header>
          <h2 id={name}>{title}</h2>
          <button type="button" className="ib" aria-label={text.app.close} onClick={onClose}><Icon name="x" /></button>
        </header>
        {children}
      </div>
    </dialog>
  );
}
