/** Waiting for the thing itself, by the real clock also when timers are faked. */

const WITHIN_MS = 10_000;

const STEP_MS = 2;

// Taken before any test fakes it.
const { setTimeout: later } = globalThis;
const turn = (): Promise<void> => new Promise((resolve) => void later(resolve, STEP_MS));

export const until = async <T>(what: string, check: () => T | undefined | false | Promise<T | undefined | false>, withinMs = WITHIN_MS): Promise<T> => {
  for (const end = performance.now() + withinMs; performance.now() < end; await turn()) {
    const found = await check();
    if (found !== undefined && found !== false) return found;
  }
  throw new Error(`${what} did not come within ${withinMs} ms`);
};
