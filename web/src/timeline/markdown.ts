/** The small Markdown of messages, parsed to a tree. Never HTML; nothing here can produce an element that was not meant. */
export type Inline =
  | { type: "text"; text: string }
  | { type: "code"; text: string }
  | { type: "strong" | "em" | "strike"; children: Inline[] }
  | { type: "link"; href: string; children: Inline[] }
  | { type: "user"; id: string }
  | { type: "room"; id: string };

export type Block =
  | { type: "p"; children: Inline[] }
  | { type: "code"; lang: string; text: string }
  | { type: "quote"; children: Inline[] }
  | { type: "list"; ordered: boolean; items: Inline[][] };

/** How deep emphasis may nest; deeper marks stay text. */
const DEPTH = 4;
const URL_HEAD = /^https?:\/\/[^\s<>"'`]+/i;
const TOKEN = /^<([@#])([A-Za-z0-9_-]{1,64})>/;
const LINK = /^\[([^\]\n]{1,200})\]\((https?:\/\/[^\s<>"'`()]+)\)/i;
const MARKS: readonly (readonly [RegExp, "strong" | "em" | "strike"])[] = [
  [/^\*\*(?=\S)([^\n]{1,2000}?\S)\*\*/, "strong"],
  [/^\*\*(\S)\*\*/, "strong"],
  [/^~~(?=\S)([^\n]{1,2000}?\S?)~~/, "strike"],
  [/^\*(?=[^\s*])([^\n*]{1,2000}?)(?<=\S)\*(?!\w)/, "em"],
  [/^_(?=[^\s_])([^\n_]{1,2000}?)(?<=\S)_(?!\w)/, "em"],
];

/** Only web addresses become links; `javascript:` and its kin stay text. */
export function safeLink(href: string): string | undefined {
  try {
    const url = new URL(href);
    return url.protocol === "https:" || url.protocol === "http:" ? url.href : undefined;
  } catch {
    return undefined;
  }
}

export function parseInline(source: string, depth = 0): Inline[] {
  const out: Inline[] = [];
  let text = "";
  const flush = (): void => {
    if (text) out.push({ type: "text", text });
    text = "";
  };
  const push = (node: Inline): void => {
    flush();
    out.push(node);
  };
  let i = 0;
  while (i < source.length) {
    const char = source[i]!;
    if (!"`<[*_~hH".includes(char)) {
      text += char;
      i++;
      continue;
    }
    // A bounded window keeps a long hostile line linear.
    const rest = source.slice(i, i + 4096);
    const wordBefore = i > 0 && /[\p{L}\p{N}]/u.test(source[i - 1]!);
    let match: RegExpExecArray | null;
    if (char === "`" && (match = /^`([^`\n]+)`/.exec(rest))) {
      push({ type: "code", text: match[1]! });
    } else if (char === "<" && (match = TOKEN.exec(rest))) {
      push({ type: match[1] === "@" ? "user" : "room", id: match[2]! });
    } else if (char === "[" && depth < DEPTH && (match = LINK.exec(rest)) && safeLink(match[2]!)) {
      push({ type: "link", href: safeLink(match[2]!)!, children: [{ type: "text", text: match[1]! }] });
    } else if ((char === "h" || char === "H") && !wordBefore && (match = URL_HEAD.exec(rest))) {
      const bare = match[0].replace(/[.,;:!?)\]}]+$/, "");
      const href = safeLink(bare);
      if (href) push({ type: "link", href, children: [{ type: "text", text: bare }] });
      else text += bare;
      i += bare.length;
      continue;
    } else {
      const mark = depth < DEPTH && !(char === "_" && wordBefore) ? MARKS.find(([pattern]) => (match = pattern.exec(rest))) : undefined;
      if (!mark || !match!) {
        text += char;
        i++;
        continue;
      }
      push({ type: mark[1], children: parseInline(match[1]!, depth + 1) });
    }
    i += match[0].length;
  }
  flush();
  return out;
}

export function parseMarkdown(source: string): Block[] {
  const blocks: Block[] = [];
  const lines = source.split("\n");
  let paragraph: string[] = [];
  const flush = (): void => {
    const text = paragraph.join("\n").replace(/^\n+|\s+$/g, "");
    if (text) blocks.push({ type: "p", children: parseInline(text) });
    paragraph = [];
  };
  const take = (from: number, pattern: RegExp): string[] => {
    const taken: string[] = [];
    for (let i = from; i < lines.length; i++) {
      const match = pattern.exec(lines[i]!);
      if (!match) break;
      taken.push(match[1]!);
    }
    return taken;
  };
  let i = 0;
  while (i < lines.length) {
    const fence = /^```\s*([\w+#.-]{0,20})\s*$/.exec(lines[i]!);
    if (fence) {
      flush();
      const end = lines.findIndex((other, at) => at > i && /^```\s*$/.test(other));
      // An open fence is a code block to the end of the text.
      const stop = end < 0 ? lines.length : end;
      blocks.push({ type: "code", lang: fence[1]!, text: lines.slice(i + 1, stop).join("\n") });
      i = stop + 1;
      continue;
    }
    const quote = take(i, /^> ?(.*)$/);
    if (quote.length > 0) {
      flush();
      blocks.push({ type: "quote", children: parseInline(quote.join("\n")) });
      i += quote.length;
      continue;
    }
    const bullets = take(i, /^ {0,3}[-*] +(\S.*)$/);
    const numbers = take(i, /^ {0,3}\d{1,3}[.)] +(\S.*)$/);
    // One numbered line is more often a sentence than a list.
    const items = bullets.length > 0 ? bullets : numbers.length > 1 ? numbers : [];
    if (items.length > 0) {
      flush();
      blocks.push({ type: "list", ordered: bullets.length === 0, items: items.map((item) => parseInline(item)) });
      i += items.length;
      continue;
    }
    paragraph.push(lines[i]!);
    i++;
  }
  flush();
  return blocks;
}
