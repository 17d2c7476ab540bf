/** Which language the interface speaks, and the texts of it. */
import { useLook } from "../theme/look";
import { en, type Text } from "./en";
import { ko } from "./ko";

export type Language = "en" | "ko";
const TEXTS: Record<Language, Text> = { en, ko };

/** The texts of the chosen language; the component is drawn again when it changes. */
export function useText(): Text {
  return TEXTS[useLook((look) => look.lang)];
}

/** The reason of a refusal in words. */
export function reason(text: Text, code: string | undefined): string {
  return code !== undefined && code in text.error ? text.error[code as keyof Text["error"]] : text.error.other;
}
