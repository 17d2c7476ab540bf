/** A ranked list stands still while somebody points at it or has the focus in it; what moves waits, and comes a moment after. */
import { useEffect, useRef, useState } from "react";

export interface Place<T> { item: T; rank: number }

/** How many must be moved, put in or taken out to make one order of the other. */
export function moves(before: readonly string[], now: readonly string[]): number {
  const at = new Map(now.map((key, i) => [key, i]));
  const kept = before.flatMap((key) => at.get(key) ?? []);
  // The longest rising run stays where it is; `ends[n]`: the lowest end of a run of n + 1.
  const ends: number[] = [];
  for (const place of kept) {
    const longer = ends.findIndex((end) => end >= place);
    ends[longer < 0 ? ends.length : longer] = place;
  }
  return before.length - kept.length + (now.length - ends.length);
}

/** Figures of what stays are the newest; what has gone keeps its last ones until it may go. */
export function hold<T>(order: readonly Place<T>[], now: readonly Place<T>[], keyOf: (item: T) => string): Place<T>[] {
  const newest = new Map(now.map((place) => [keyOf(place.item), place.item]));
  return order.map(({ item, rank }) => ({ item: newest.get(keyOf(item)) ?? item, rank }));
}

const AFTER_MS = 1_000;

export function useHeld<T>(now: readonly Place<T>[], keyOf: (item: T) => string) {
  const [held, setHeld] = useState(false);
  const order = useRef(now);
  const inside = useRef({ pointer: false, focus: false });
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const by = (what: "pointer" | "focus", on: boolean) => (event: React.SyntheticEvent): void => {
    if (what === "focus" && event.currentTarget.contains((event as React.FocusEvent).relatedTarget)) return;
    inside.current[what] = on;
    clearTimeout(timer.current);
    if (inside.current.pointer || inside.current.focus) setHeld(true);
    else timer.current = setTimeout(() => setHeld(false), AFTER_MS);
  };
  if (!held || order.current.length === 0) order.current = now;
  const shown = hold(order.current, now, keyOf);
  const waiting = held ? moves(order.current.map(({ item }) => keyOf(item)), now.map(({ item }) => keyOf(item))) : 0;
  return { shown, waiting, holder: { onPointerEnter: by("pointer", true), onPointerLeave: by("pointer", false), onFocus: by("focus", true), onBlur: by("focus", false) } };
}
