/** A finger that holds a message for a while asks for what can be done with it. */
import { useRef } from "react";

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
