/** Names for guests: an adjective and a bird, so that nobody has to think of one. */
import type { Language } from "../i18n/language";

const WORDS: Record<Language, readonly [readonly string[], readonly string[], string]> = {
  en: [["quiet", "early", "green", "lucky", "brave", "clear", "gentle", "north", "warm", "swift"], ["heron", "magpie", "plover", "swallow", "crane", "finch", "wren", "owl", "tern", "robin"], "-"],
  ko: [["조용한", "이른", "푸른", "반가운", "씩씩한", "맑은", "상냥한", "북쪽", "따뜻한", "날쌘"], ["왜가리", "까치", "물떼새", "제비", "두루미", "참새", "굴뚝새", "부엉이", "갈매기", "꾀꼬리"], " "],
};

const pick = (words: readonly string[]): string => words[crypto.getRandomValues(new Uint32Array(1))[0]! % words.length]!;

export function guestName(lang: Language): string {
  const [first, second, between] = WORDS[lang];
  return pick(first) + between + pick(second);
}
