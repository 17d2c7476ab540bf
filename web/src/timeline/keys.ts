/** Keys in the timeline: arrows move the real focus, single letters act on the focused message. */
import { composing } from "../composer/enter";
import type { RowActions } from "./actions";
import type { Row } from "./rows";

interface Ends {
  order: readonly Row[];
  focusRow(index: number): void;
  toEnd(): void;
  actions: RowActions;
}

const focusable = (row: Row | undefined): boolean => row?.type === "message" || row?.type === "pending";

function step(order: readonly Row[], from: number, by: 1 | -1): number | undefined {
  for (let i = from + by; i >= 0 && i < order.length; i += by) if (focusable(order[i])) return i;
  return undefined;
}

export function timelineKey(event: KeyboardEvent, { order, focusRow, toEnd, actions }: Ends): void {
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
  }
  if (row?.type !== "message") return;
  const entry = row.entry;
  const act = (name: "reply" | "thread" | "edit" | "pin" | "copy" | "remove" | "react"): void => {
    event.preventDefault();
    // The toolbar knows what this reader may do; a key does no more than its button.
    const button = article.querySelector<HTMLButtonElement>(`[data-act="${name}"]`);
    if (button) button.click();
    else if (name === "reply") actions.reply(entry.seq);
  };
  // With a Hangul layout the letters differ, the places of the keys do not.
  switch (event.code) {
    case "KeyJ":
      return move(step(order, index, 1));
    case "KeyK":
      return move(step(order, index, -1));
    case "KeyR":
      return act("reply");
    case "KeyT":
      return act("thread");
    case "KeyE":
      return act("edit");
    case "KeyP":
      return act("pin");
    case "KeyC":
      return act("copy");
    case "Delete":
      return act("remove");
  }
  if (event.key === "+") return act("react");
  // Any other letter goes on in the message field, which receives it because it has the focus by then.
  if (event.key.length === 1 && event.key !== " " && event.key !== "?") document.getElementById("composer")?.focus();
}
