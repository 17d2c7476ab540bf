/** Enter while an input method composes belongs to the input method; the next line break of the same press sends, once. */
export interface EnterState {
  /** Shift was down when Enter was last pressed: the line break that follows is meant. */
  shift: boolean;
}

const thumb = matchMedia("(pointer: coarse)");
const mouse = matchMedia("(any-pointer: fine)");
/** A finger has no Shift: there Enter breaks the line and the button sends. Asked at every key, so the queries are made once. */
export const coarse = (): boolean => thumb.matches && !mouse.matches;

/** Whether a key belongs to a composition that is under way. */
export const composing = (event: Pick<KeyboardEvent, "isComposing" | "keyCode">): boolean => event.isComposing || event.keyCode === 229;

/**
 * Makes Enter in a field call `act`, whatever event the browser delivers after a composition.
 * Returns the function that takes the listeners away.
 */
export function enterActs(field: HTMLTextAreaElement | HTMLInputElement, act: () => void): () => void {
  const state: EnterState = { shift: false };
  const onKeyDown = (event: Event): void => {
    const key = event as KeyboardEvent;
    if (key.key !== "Enter" && key.keyCode !== 13 && key.keyCode !== 229) return;
    state.shift = key.shiftKey;
    if (composing(key) || key.key !== "Enter" || key.shiftKey || key.altKey || coarse()) return;
    key.preventDefault();
    act();
  };
  // Some browsers deliver no Enter keydown after the composition ended, only its line break.
  const onBeforeInput = (event: Event): void => {
    const input = event as InputEvent;
    if (input.inputType !== "insertLineBreak" && input.inputType !== "insertParagraph") return;
    if (input.isComposing || state.shift || coarse()) return;
    input.preventDefault();
    act();
  };
  field.addEventListener("keydown", onKeyDown);
  field.addEventListener("beforeinput", onBeforeInput);
  return () => {
    field.removeEventListener("keydown", onKeyDown);
    field.removeEventListener("beforeinput", onBeforeInput);
  };
}
