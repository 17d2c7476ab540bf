/** The four ways in which somebody is drawn. */
export type Shown = "online" | "away" | "dnd" | "offline";

/** Who is invisible looks as if away from the place; a state of a later version is a way of being there. */
export const shownAs = (state: string | undefined): Shown =>
  state === undefined || state === "invisible" || state === "offline" ? "offline" : state === "away" || state === "dnd" ? state : "online";
