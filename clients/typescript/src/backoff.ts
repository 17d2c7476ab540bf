/** Full jitter between 0.5 and 20 s. */

const LEAST_MS = 500;
const MOST_MS = 20_000;

/** The wait before attempt `attempt` (from 0). */
export const backoff = (attempt: number, random: () => number): number => {
  const most = Math.min(MOST_MS, LEAST_MS * 2 ** Math.min(attempt + 1, 10));
  return LEAST_MS + random() * (most - LEAST_MS);
};
