/** Keys in the timeline: arrows move the real focus, single letters act on the focused message. */
import { composing } from "../composer/enter";
import type { Entry } from "@chatmesh/client";
import { choices } from "../settings/choices";
import type { Act, Offer } from "./offers";
import type { Row } from "./rows";

interface Ends {
  order: readonly Row[];
  focusRow(index: number): void;
  toEnd(): void;
  offers(entry: Entry): readonly Offer[];
}

/** Rows that a page key passes. */
const PAGE = 10;

const focusable = (row: Row | undefined): boolean => row?.type === "message" || row?.type === "pending";

function step(order: readonly Row[], from: number, by: 1 | -1): number | undefined {
  for (let i = from + by; i >= 0 && i < order.length; i += by) if (focusable(order[i])) return i;
  return undefined;
}

export function timelineKey(event: KeyboardEvent, { order, focusRow, toEnd, offers }: Ends): void {
  const article = event.target instanceof HTMLElement && event.target.matches("article[data-key]") ? event.target : undefined;
  if (event.key === "Escape" && !event.defaultPrevented && !(event.target instanceof HTMLTextAreaElement)) {
    event.preventDefault();
    toEnd();
    document.getElementById("composer")?.focus();
    return;
  }
  if (!article || composing(event) || event.ctrlKey || event.metaKey || event.altKey) return;
  const index = order.findIndex((row) => row.key === article.dataset["key"]);
  const row = order[index];
  const move = (to: number | undefined): void => {
    event.preventDefault();
    if (to !== undefined && to >= 0) focusRow(to);
  };
  switch (event.key) {
    case "ArrowUp":
      return move(step(order, index, -1));
    case "ArrowDown":
      return move(step(order, index, 1));
    case "Home":
      return move(step(order, -1, 1));
    case "End":
      return move(step(order, order.length, -1));
    case "PageUp":
      return move(step(order, Math.max(-1, index - PAGE - 1), 1));
    case "PageDown":
      return move(step(order, Math.min(order.length, index + PAGE + 1), -1));
  }
  const letters = choices.get().letters;
  if (row?.type === "message" && letters) {
    const name = actOf(event);
    if (name !== undefined) {
      event.preventDefault();
      if (name === "react") article.querySelector<HTMLButtonElement>("[data-act=react]")?.click();
      else offers(row.entry).find((offer) => offer.act === name)?.run();
      return;
    }
  }
  if (letters && (event.code === "KeyJ" || event.code === "KeyK")) return move(step(order, index, event.code === "KeyJ" ? 1 : -1));
  // Any other letter goes on in the message field, which receives it because it has the focus by then.
  if (event.key.length === 1 && event.key !== " " && event.key !== "?") document.getElementById("composer")?.focus();
}

/** With a Hangul layout the letters differ, the places of the keys do not. */
function actOf(event: KeyboardEvent): Act | "react" | undefined {
  if (event.key === "+") return "react";
  return ({ KeyR: "reply", KeyT: "thread", KeyE: "edit", KeyP: "pin", KeyC: "copy", Delete: "remove" } as const)[event.code];
}
