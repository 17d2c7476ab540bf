/** How the client looks on this device: theme, density, language. Kept in local storage, read before the first paint by `theme.js`. */
import { makeStore, useStore } from "../app/store";
import type { Language } from "../i18n/language";

export interface Look {
  theme: "system" | "light" | "dark";
  density: "comfortable" | "compact";
  lang: Language;
}

const KEY = "chatmesh.look";
const root = document.documentElement;

const look = makeStore<Look>({
  theme: root.dataset["theme"] === "light" || root.dataset["theme"] === "dark" ? root.dataset["theme"] : "system",
  density: root.dataset["density"] === "compact" ? "compact" : "comfortable",
  lang: root.lang === "ko" ? "ko" : "en",
});

export const useLook = <T>(pick: (look: Look) => T): T => useStore(look, pick);
export const readLook = (): Look => look.get();

/** Changes, stores and shows a choice. */
export function changeLook(change: Partial<Look>): void {
  const next = { ...look.get(), ...change };
  if (next.theme === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = next.theme;
  if (next.density === "compact") root.dataset["density"] = "compact";
  else delete root.dataset["density"];
  root.lang = next.lang;
  look.set(next);
  try {
    localStorage.setItem(KEY, JSON.stringify(next));
  } catch {
    // Storage may be full or forbidden: the choice then lives as long as the page.
  }
}

/** Whether the page is dark now, whoever decided it. */
export const isDark = (): boolean => look.get().theme === "dark" || (look.get().theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
