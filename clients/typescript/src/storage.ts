/** Where tokens and the outbox live between runs. */

export interface Storage {
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
  keys(): Promise<string[]>;
}

export const memoryStorage = (): Storage => {
  const map = new Map<string, string>();
  return {
    get: async (key) => map.get(key) ?? null,
    set: async (key, value) => void map.set(key, value),
    remove: async (key) => void map.delete(key),
    keys: async () => [...map.keys()],
  };
};

/** `localStorage` writes before the call returns: what is queued survives a crash of the tab. */
const browserStorage = (local: globalThis.Storage): Storage => ({
  get: async (key) => local.getItem(key),
  set: async (key, value) => local.setItem(key, value),
  remove: async (key) => local.removeItem(key),
  keys: async () => Object.keys(local),
});

export const defaultStorage = (): Storage => {
  try {
    if (typeof localStorage !== "undefined") return browserStorage(localStorage);
  } catch {
    // Storage is forbidden here: the session lasts as long as the page.
  }
  return memoryStorage();
};
