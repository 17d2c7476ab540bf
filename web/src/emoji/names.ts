/** Emoji by name, in English and Korean. The table loads on first use. */
export type Emoji = readonly [char: string, names: string, korean: string];
/** Smileys, people, nature, food, travel, activities, objects, symbols. */
export type Groups = readonly (readonly Emoji[])[];

let loading: Promise<Groups> | undefined;

export const emojiTable = (): Promise<Groups> =>
  (loading ??= import("./emoji.json").then(
    (module) => module.default as unknown as Groups,
    (error: unknown) => {
      // A lost connection must not spoil the next attempt.
      loading = undefined;
      throw error;
    },
  ));

/** The best first: a name that begins so, then one that has a word or a part like it. */
export function findEmoji(table: Groups, query: string, most: number): Emoji[] {
  const wanted = query.normalize("NFC").toLowerCase();
  const found: { emoji: Emoji; rank: number }[] = [];
  for (const emoji of table.flat()) {
    const [, names, korean] = emoji;
    const rank = names.startsWith(wanted) || korean.startsWith(wanted) ? 0 : ` ${names.replaceAll("_", " ")} ${korean}`.includes(` ${wanted}`) ? 1 : names.includes(wanted) || korean.includes(wanted) ? 2 : 3;
    if (rank < 3) found.push({ emoji, rank });
  }
  return found.sort((a, b) => a.rank - b.rank || a.emoji[1].length - b.emoji[1].length).slice(0, most).map(({ emoji }) => emoji);
}
