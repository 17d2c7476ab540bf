/** Which language the interface speaks, and the texts of it. */
import { changeLook, useLook } from "../theme/look";
import { en, type Text } from "./en";

export type Language = "en" | "ko";
/** English is always there; another language comes when it is wanted. */
const texts: Partial<Record<Language, Text>> = { en };

/** Fetches what the language needs; without a network its texts may be missing, and English stands in for them. */
export async function loadTexts(lang: Language): Promise<void> {
  if (lang === "ko") texts.ko ??= (await import("./ko")).ko;
}

/** Changes the language, once its texts are there; without them nothing changes. */
export async function speak(lang: Language): Promise<void> {
  await loadTexts(lang);
  changeLook({ lang });
}

/** The texts of the chosen language; the component is drawn again when it changes. */
export function useText(): Text {
  return texts[useLook((look) => look.lang)] ?? en;
}

/** The reason of a refusal in words. */
export function reason(text: Text, code: string | undefined): string {
  return code !== undefined && code in text.error ? text.error[code as keyof Text["error"]] : text.error.other;
}
