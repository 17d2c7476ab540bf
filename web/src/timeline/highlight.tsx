/** Colours for code, by a library that comes only when a block names its language; never more than colours, so that nothing moves. */
import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import go from "highlight.js/lib/languages/go";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";
import type { ReactNode } from "react";

const known = createLowlight({ bash, c, cpp, css, diff, go, java, javascript, json, python, rust, sql, typescript, xml, yaml });
/** Longer code would hold the page up. */
const LONGEST = 20_000;

type Node = ReturnType<typeof known.highlight>["children"][number];

function draw(nodes: readonly Node[]): ReactNode[] {
  return nodes.map((node, i) => {
    if (node.type === "text") return node.value;
    if (node.type !== "element") return null;
    return <span key={i} className={(node.properties["className"] as string[] | undefined)?.join(" ")}>{draw(node.children)}</span>;
  });
}

/** The same text in coloured pieces; nothing, if the language is not known. */
export function highlight(lang: string, source: string): ReactNode {
  return source.length <= LONGEST && known.registered(lang) ? draw(known.highlight(lang, source).children) : undefined;
}
