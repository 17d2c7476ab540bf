/** The text of a message: parsed once for each version of it. */
import { memo, useEffect, useState, type ReactNode } from "react";
import { linkTo } from "../app/address";
import { useSession } from "../app/session";
import { useText } from "../i18n/language";
import { Icon } from "../app/Icon";
import { useName } from "../room/names";
import { languageOf } from "./language-of";
import { parseMarkdown, type Block, type Inline } from "./markdown";

/** Text → tree; the newest texts only, so that a day of reading does not pile up. */
const parsed = new Map<string, Block[]>();
const KEPT = 500;
/** A longer block of code shows its beginning. */
const FOLD_LINES = 24;

function parse(text: string): Block[] {
  let blocks = parsed.get(text);
  if (!blocks) {
    blocks = parseMarkdown(text);
    parsed.set(text, blocks);
    if (parsed.size > KEPT) parsed.delete(parsed.keys().next().value!);
  }
  return blocks;
}

function UserMention({ id }: { id: string }) {
  const name = useName(id);
  const me = useSession((session) => session.me?.id === id);
  return <bdi className={me ? "at me" : "at"}>@{name ?? id}</bdi>;
}

function RoomMention({ id }: { id: string }) {
  const name = useSession((session) => session.rooms.get(id)?.name);
  return <a className="at" {...linkTo({ view: "room", room: id })}>#{name ?? id}</a>;
}

function inline(nodes: readonly Inline[]): ReactNode[] {
  return nodes.map((node, i) => {
    switch (node.type) {
      case "text":
        return node.text;
      case "code":
        return <code key={i}>{node.text}</code>;
      case "strong":
        return <strong key={i}>{inline(node.children)}</strong>;
      case "em":
        return <em key={i}>{inline(node.children)}</em>;
      case "strike":
        return <s key={i}>{inline(node.children)}</s>;
      case "link":
        return <a key={i} href={node.href} target="_blank" rel="noopener noreferrer nofollow">{inline(node.children)}</a>;
      case "user":
        return <UserMention key={i} id={node.id} />;
      case "room":
        return <RoomMention key={i} id={node.id} />;
    }
  });
}

function CodeBlock({ lang, source }: { lang: string; source: string }) {
  const text = useText();
  const [copied, setCopied] = useState(false);
  const [all, setAll] = useState(false);
  const lines = source.split("\n");
  const folds = lines.length > FOLD_LINES;
  const shown = folds && !all ? lines.slice(0, FOLD_LINES).join("\n") : source;
  const [coloured, setColoured] = useState<ReactNode>();
  useEffect(() => {
    let here = true;
    if (lang) void import("./highlight").then(({ highlight }) => here && setColoured(highlight(lang.toLowerCase(), shown)), () => undefined);
    return () => {
      here = false;
    };
  }, [lang, shown]);
  const copy = (): void => void navigator.clipboard.writeText(source).then(() => setCopied(true), () => setCopied(false));
  return (
    <div className="cb">
      <header><span>{lang}</span><button type="button" className="btn quiet sm" onClick={copy}><Icon name={copied ? "check" : "copy"} small />{copied ? text.act.copied : text.act.copyCode}</button></header>
      <pre tabIndex={0}><code>{coloured ?? shown}</code></pre>
      {folds && <button type="button" className="more" aria-expanded={all} onClick={() => setAll(!all)}>{all ? text.act.fold : text.act.unfold(lines.length)}</button>}
    </div>
  );
}

export const MessageText = memo(function MessageText({ source, tail }: { source: string; tail?: ReactNode }) {
  const blocks = parse(source);
  // The marks stand behind the last word, and on a line of their own only behind a block.
  const inside = blocks.at(-1)?.type === "p";
  return (
    <div className="tx" dir="auto" lang={languageOf(source)}>
      {blocks.map((block, i) => {
        switch (block.type) {
          case "p":
            return <p key={i}>{inline(block.children)}{i === blocks.length - 1 && tail}</p>;
          case "quote":
            return <blockquote key={i}>{inline(block.children)}</blockquote>;
          case "list": {
            const items = block.items.map((item, at) => <li key={at}>{inline(item)}</li>);
            return block.ordered ? <ol key={i}>{items}</ol> : <ul key={i}>{items}</ul>;
          }
          case "code":
            return <CodeBlock key={i} lang={block.lang} source={block.text} />;
        }
      })}
      {!inside && tail}
    </div>
  );
});
