/** UUIDv7: the author's idempotency key, with the server's time in it. */

export const uuidv7 = (timeMs: number): string => {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  let rest = Math.floor(timeMs);
  for (let at = 5; at >= 0; at--) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
};

/** The time inside an id. */
export const timeOf = (id: string): number => Number.parseInt(id.replace("-", "").slice(0, 12), 16);

/** A local name: random, of no meaning. */
export const localId = (): string => uuidv7(Date.now()).replaceAll("-", "").slice(12);
