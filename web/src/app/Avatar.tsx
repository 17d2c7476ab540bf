/** A person's initials on a colour that belongs to the id. */
const segmenter = typeof Intl.Segmenter === "function" ? new Intl.Segmenter(undefined, { granularity: "grapheme" }) : undefined;
const HANGUL = /^[가-힣]{3}$/;

/** 이민준 → 민준, quiet-heron → qh, TJ- → TJ */
export function initials(name: string): string {
  const clean = name.normalize("NFC").trim();
  if (HANGUL.test(clean)) return clean.slice(1);
  const words = clean.split(/[\s\-_.]+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const [first, second] = words;
  if (first && second && /^[a-z]/i.test(first) && /^[a-z]/i.test(second)) return first.slice(0, 1) + second.slice(0, 1);
  const text = (first ?? clean).slice(0, 200);
  const graphemes = segmenter ? [...segmenter.segment(text)].map((part) => part.segment) : [...text];
  // Zalgo: a grapheme may carry dozens of marks, an avatar shows none of them.
  return graphemes.slice(0, 2).map((part) => part.normalize("NFC").replace(/\p{M}+/gu, "")).join("") || "?";
}

/** 1 … 8, always the same for one id. */
export function hue(id: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; i++) hash = Math.imul(hash ^ id.charCodeAt(i), 0x01000193);
  return ((hash >>> 0) % 8) + 1;
}

export function Avatar({ id, name, size }: { id: string; name: string; size?: 16 | 20 | 28 }) {
  const text = initials(name);
  return <span className={`av c${hue(id)}${size ? ` x${size}` : ""}`} aria-hidden="true">{size === 16 || size === 20 ? text.slice(0, 1) : text}</span>;
}
