/** The language that a text's script tells, for line breaking, fonts and screen readers; `undefined` where it tells none. */
const HEAD = 400;

export function languageOf(text: string): "ko" | "ja" | "zh" | undefined {
  const head = text.slice(0, HEAD);
  if (/[\u3040-\u30ff]/.test(head)) return "ja";
  if (/[\uac00-\ud7a3\u1100-\u11ff\u3131-\u318e]/.test(head)) return "ko";
  return /\p{Script=Han}/u.test(head) ? "zh" : undefined;
}
