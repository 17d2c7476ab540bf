/** Finding names the Korean way: by initial consonants, by half-composed syllables, and on the wrong keyboard layout. */
const BASE = 0xac00;
const INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ";
const MEDIALS = ["ㅏ", "ㅐ", "ㅑ", "ㅒ", "ㅓ", "ㅔ", "ㅕ", "ㅖ", "ㅗ", "ㅗㅏ", "ㅗㅐ", "ㅗㅣ", "ㅛ", "ㅜ", "ㅜㅓ", "ㅜㅔ", "ㅜㅣ", "ㅠ", "ㅡ", "ㅡㅣ", "ㅣ"];
const FINALS = ["", "ㄱ", "ㄲ", "ㄱㅅ", "ㄴ", "ㄴㅈ", "ㄴㅎ", "ㄷ", "ㄹ", "ㄹㄱ", "ㄹㅁ", "ㄹㅂ", "ㄹㅅ", "ㄹㅌ", "ㄹㅍ", "ㄹㅎ", "ㅁ", "ㅂ", "ㅂㅅ", "ㅅ", "ㅆ", "ㅇ", "ㅈ", "ㅊ", "ㅋ", "ㅌ", "ㅍ", "ㅎ"];
/** Two-set keyboard: jamo → the Latin letter on the same key. */
const KEYS: Record<string, string> = Object.fromEntries(
  [..."ㅂㅈㄷㄱㅅㅛㅕㅑㅐㅔㅁㄴㅇㄹㅎㅗㅓㅏㅣㅋㅌㅊㅍㅠㅜㅡ"].map((jamo, i) => [jamo, "qwertyuiopasdfghjklzxcvbnm"[i]!] as const)
    .concat([["ㅃ", "Q"], ["ㅉ", "W"], ["ㄸ", "E"], ["ㄲ", "R"], ["ㅆ", "T"], ["ㅒ", "O"], ["ㅖ", "P"]]),
);
const COMPOUND: Record<string, string> = { ㅘ: "ㅗㅏ", ㅙ: "ㅗㅐ", ㅚ: "ㅗㅣ", ㅝ: "ㅜㅓ", ㅞ: "ㅜㅔ", ㅟ: "ㅜㅣ", ㅢ: "ㅡㅣ", ㄳ: "ㄱㅅ", ㄵ: "ㄴㅈ", ㄶ: "ㄴㅎ", ㄺ: "ㄹㄱ", ㄻ: "ㄹㅁ", ㄼ: "ㄹㅂ", ㄽ: "ㄹㅅ", ㄾ: "ㄹㅌ", ㄿ: "ㄹㅍ", ㅀ: "ㄹㅎ", ㅄ: "ㅂㅅ" };

interface Syllable { initial: string; medial: string; final: string }

function split(char: string): Syllable | undefined {
  const index = char.charCodeAt(0) - BASE;
  if (!(index >= 0 && index < 11_172)) return undefined;
  return { initial: INITIALS[Math.floor(index / 588)]!, medial: MEDIALS[Math.floor((index % 588) / 28)]!, final: FINALS[index % 28]! };
}

/** The keys that were pressed to write a text, whichever layout was on. */
function keysOf(text: string): string {
  let keys = "";
  for (const char of text) {
    const parts = split(char);
    for (const jamo of parts ? parts.initial + parts.medial + parts.final : (COMPOUND[char] ?? char)) keys += KEYS[jamo] ?? jamo;
  }
  return keys.toLowerCase();
}

/** How many characters of the name the query's character takes at this place; 0: none. */
function takes(query: string, last: boolean, name: readonly string[], at: number): number {
  const char = name[at]!;
  if (char === query) return 1;
  const there = split(char);
  if (!there) return 0;
  if (INITIALS.includes(query)) return there.initial === query ? 1 : 0;
  const half = split(query);
  if (!half || !last || half.initial !== there.initial || !there.medial.startsWith(half.medial)) return 0;
  if (half.final === "") return 1;
  if (there.medial !== half.medial) return 0;
  if (there.final.startsWith(half.final)) return 1;
  // The final consonant may be the next syllable's first: 웁 on the way to 우분.
  const next = name[at + 1];
  return there.final === "" && next !== undefined && split(next)?.initial === half.final ? 2 : 0;
}

export interface Match {
  /** Where the name matched, in UTF-16 units: [from, to). */
  from: number;
  to: number;
  /** Lower is better: a literal beginning, a literal part, the other keyboard layout. */
  rank: 0 | 1 | 2;
}

const fold = (text: string): string => text.normalize("NFC").toLowerCase();

export function findName(query: string, name: string): Match | undefined {
  const wanted = [...fold(query).replace(/[\s\-_#@]+/g, "")];
  if (wanted.length === 0) return { from: 0, to: 0, rank: 0 };
  const folded = fold(name);
  // Separators of the name are passed over: 이번-토요일 is found by ㅇㅂㅌ.
  const chars: string[] = [];
  const places: number[] = [];
  let place = 0;
  for (const char of folded) {
    if (!/[\s\-_]/.test(char)) {
      chars.push(char);
      places.push(place);
    }
    place += char.length;
  }
  for (let start = 0; start < chars.length; start++) {
    let at = start;
    let fits = true;
    for (let i = 0; i < wanted.length && fits; i++) {
      const taken = at < chars.length ? takes(wanted[i]!, i === wanted.length - 1, chars, at) : 0;
      fits = taken > 0;
      at += taken;
    }
    if (fits) return { from: places[start]!, to: places[at - 1]! + chars[at - 1]!.length, rank: start === 0 ? 0 : 1 };
  }
  const keys = keysOf(wanted.join(""));
  return keysOf(chars.join("")).includes(keys) && keys.length > 1 ? { from: 0, to: 0, rank: 2 } : undefined;
}
