import { describe, expect, test } from "vitest";
import { parseInline, parseMarkdown, safeLink } from "./markdown";

test("emphasis, code, links and mentions", () => {
  expect(parseInline("**b** *e* ~~s~~ `c*d*`")).toEqual([
    { type: "strong", children: [{ type: "text", text: "b" }] }, { type: "text", text: " " },
    { type: "em", children: [{ type: "text", text: "e" }] }, { type: "text", text: " " },
    { type: "strike", children: [{ type: "text", text: "s" }] }, { type: "text", text: " " },
    { type: "code", text: "c*d*" },
  ]);
  expect(parseInline("see https://a.example/x?y=1, <@u_1> <#r-2>")).toEqual([
    { type: "text", text: "see " }, { type: "link", href: "https://a.example/x?y=1", children: [{ type: "text", text: "https://a.example/x?y=1" }] },
    { type: "text", text: ", " }, { type: "user", id: "u_1" }, { type: "text", text: " " }, { type: "room", id: "r-2" },
  ]);
});

test("names with underscores and sums stay text", () => {
  for (const text of ["snake_case_name", "2 * 3 * 4", "a*b", "~~", "**", "h", "(: _ :)", "<@>", "<@a b>"]) expect(parseInline(text), text).toEqual([{ type: "text", text }]);
});

describe("blocks", () => {
  test("code, quote, lists, paragraphs", () => {
    expect(parseMarkdown("hi\n```sh\nls **x**\n```\n> q1\n> q2\n- a\n- b\n1. one\n2. two\nend").map((block) => block.type)).toEqual(["p", "code", "quote", "list", "list", "p"]);
  });
  test("an open fence is code to the end, a single number is no list", () => {
    expect(parseMarkdown("```\nopen")).toEqual([{ type: "code", lang: "", text: "open" }]);
    expect(parseMarkdown("2026. was a year")[0]?.type).toBe("p");
  });
});

test("only web addresses become links", () => {
  for (const href of ["javascript:alert(1)", "data:text/html,x", "vbscript:x", "file:///etc", " javascript:x"]) expect(safeLink(href)).toBeUndefined();
  expect(JSON.stringify(parseMarkdown("[x](javascript:alert(1)) <img src=x>"))).not.toContain('"link"');
});

test("hostile length stays linear", () => {
  const begin = performance.now();
  for (const text of ["*".repeat(8_000), "`".repeat(8_000), "[".repeat(8_000), "_a".repeat(4_000), "<@".repeat(4_000), "http".repeat(2_000), "**a ".repeat(2_000), "> ".repeat(4_000)]) parseMarkdown(text);
  expect(performance.now() - begin).toBeLessThan(1_500);
});
