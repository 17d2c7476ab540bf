/** A message cut to one plain line: for announcements and notes of the system; `QuoteLine` draws one. */
import { nameOf } from "../room/names";

export const plainText = (text: string): string => text.replace(/```\w*|[*`~]+/g, "").replace(/\s+/g, " ");

export const quoteText = (text: string): string =>
  plainText(text.replace(/<@([A-Za-z0-9_-]{1,64})>/g, (_, id: string) => `@${nameOf(id) ?? id}`)).trim().slice(0, 160);
