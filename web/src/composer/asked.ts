/** What is being asked for before the caret: a person after `@`, an emoji after `:` and two letters. */
export interface Asked {
  kind: "person" | "emoji";
  /** Where the sign stands. */
  from: number;
  query: string;
}

const PERSON = /(?:^|[\s(])@([^\s@<>]{0,32})$/u;
const EMOJI = /(?:^|\s):([\p{L}\p{N}_+-]{2,32})$/u;

export function askedAt(text: string, caret: number): Asked | undefined {
  const before = text.slice(0, caret);
  const person = PERSON.exec(before);
  if (person) return { kind: "person", from: caret - person[1]!.length - 1, query: person[1]! };
  const emoji = EMOJI.exec(before);
  return emoji ? { kind: "emoji", from: caret - emoji[1]!.length - 1, query: emoji[1]! } : undefined;
}
