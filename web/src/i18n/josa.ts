/** Korean particles: they depend on the last sound of the word before them. */
export type Particle = "은" | "이" | "을" | "과" | "으로";

/** [after a final consonant, after a vowel, when the sound is not known] */
const FORMS: Record<Particle, readonly [string, string, string]> = {
  은: ["은", "는", "은(는)"],
  이: ["이", "가", "이(가)"],
  을: ["을", "를", "을(를)"],
  과: ["과", "와", "와(과)"],
  으로: ["으로", "로", "(으)로"],
};

type Sound = "none" | "rieul" | "other";
/** 영 일 이 삼 사 오 육 칠 팔 구 */
const DIGITS: readonly Sound[] = ["other", "rieul", "none", "other", "none", "none", "other", "rieul", "rieul", "none"];
/** Letters as they end words: read 엘, 엠, 엔, 알, the others as vowels or unknown. */
const LATIN: Partial<Record<string, Sound>> = { l: "rieul", r: "rieul", m: "other", n: "other", a: "none", e: "none", i: "none", o: "none", u: "none", y: "none" };

function lastSound(word: string): Sound | undefined {
  const last = word.trim().normalize("NFC").replace(/[^\p{L}\p{N}]+$/u, "").slice(-1);
  const code = last.charCodeAt(0);
  if (code >= 0xac00 && code <= 0xd7a3) {
    const final = (code - 0xac00) % 28;
    return final === 0 ? "none" : final === 8 ? "rieul" : "other";
  }
  if (last >= "0" && last <= "9") return DIGITS[Number(last)];
  return LATIN[last.toLowerCase()];
}

/** The word with the form of the particle that fits it, or the neutral form when its sound is not known. */
export function josa(word: string, particle: Particle): string {
  const [closed, open, unknown] = FORMS[particle];
  const sound = lastSound(word);
  if (sound === undefined) return word + unknown;
  const asOpen = sound === "none" || (sound === "rieul" && particle === "으로");
  return word + (asOpen ? open : closed);
}
