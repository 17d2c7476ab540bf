/** Mentions: the field shows names, the wire carries `<@user>`. */
const TOKEN = /<@([A-Za-z0-9_-]{1,64})>/g;

/** For the edit field: tokens of known users become `@name`. */
export const toNames = (text: string, nameOf: (id: string) => string | undefined): string =>
  text.replace(TOKEN, (token, id: string) => {
    const name = nameOf(id);
    return name === undefined ? token : `@${name}`;
  });

/**
 * Before sending: `@name` becomes the token of the one user who is meant.
 * @param people who may be meant, by id; a name that two of them bear stays text unless `known` decides it.
 */
export function toTokens(text: string, people: Iterable<{ id: string; name: string }>, known: ReadonlySet<string> = new Set()): string {
  const byName = new Map<string, string[]>();
  for (const { id, name } of people) byName.set(name, [...(byName.get(name) ?? []), id]);
  const longestFirst = [...byName.keys()].sort((a, b) => b.length - a.length);
  let out = "";
  for (let i = 0; i < text.length; i++) {
    const name = text[i] === "@" && !/[\p{L}\p{N}]/u.test(text[i - 1] ?? " ") ? longestFirst.find((candidate) => text.startsWith(candidate, i + 1)) : undefined;
    if (name === undefined) {
      out += text[i];
      continue;
    }
    const ids = byName.get(name) ?? [];
    const meant = ids.find((id) => known.has(id)) ?? (ids.length === 1 ? ids[0] : undefined);
    out += meant === undefined ? `@${name}` : `<@${meant}>`;
    i += name.length;
  }
  return out;
}
