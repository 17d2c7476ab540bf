/** A message cut to one plain line: for quotes, previews and announcements. */
import { nameOf } from "../room/names";

export const quoteText = (text: string): string =>
  text
    .replace(/<@([A-Za-z0-9_-]{1,64})>/g, (_, id: string) => `@${nameOf(id) ?? id}`)
    .replace(/```\w*|[*`~]+/g, "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 160);
