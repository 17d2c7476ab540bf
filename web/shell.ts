/** What stands in the page before its script runs: the door in both languages, or the frame of the rooms; `theme.js` says which. */
import type { HtmlTagDescriptor, Plugin, Rollup } from "vite";
import { en, type Text } from "./src/i18n/en";
import { ko } from "./src/i18n/ko";

const MARK = `<span class="logo"><svg class="icon" viewBox="0 0 22 22"><path d="M4.8 3.2h12.4c1.4 0 2.3.9 2.3 2.3v8c0 1.4-.9 2.3-2.3 2.3h-4.6L8 19.6v-3.8H4.8c-1.4 0-2.3-.9-2.3-2.3v-8c0-1.4.9-2.3 2.3-2.3zM7.2 11.3l3.7-4.6 4 5.2z"/><g fill="currentColor" stroke="none"><circle cx="7.2" cy="11.3" r="1.5"/><circle cx="10.9" cy="6.7" r="1.5"/><circle cx="14.9" cy="11.9" r="1.5"/></g></svg>chatmesh</span>`;
const times = (count: number, what: string): string => what.repeat(count);

// Texts stand as they will; what can be pressed or filled in is a still shape until it works.
const door = ({ lang, welcome }: Text): string => `<div class="shell shell-door" lang="${lang}" aria-hidden="true"><div class="w-top">${MARK}<i class="ib"></i></div><div class="w-l"><div>
<p class="h1">${welcome.title}</p><p class="lead">${welcome.lead}</p>
<div class="gc"><label>${welcome.nameLabel}</label><div class="gn"></div><div class="btn lg"></div><p class="hint">${welcome.hint}</p></div>
<div class="alt"><span>${welcome.before}</span><i class="btn">${welcome.login}</i><i class="btn">${welcome.signup}</i></div></div></div><div class="w-r"></div></div>`;

const rooms = `<div class="shell shell-rooms" aria-hidden="true"><div class="side"><div class="side-top">${MARK}</div><div class="jump"></div><div class="side-scroll bars">${times(6, "<i></i>")}</div><div class="self"></div></div>
<div class="page"><div class="page-top"></div><div></div><div class="dock"><div class="cp"></div><div class="slot"></div></div></div></div>`;

/** The code behind the door comes right after that of the door, without being run; `theme.js` turns on what Korean needs. */
function preload(bundle: Rollup.OutputBundle | undefined): HtmlTagDescriptor[] {
  const file = (name: string): string | undefined => Object.values(bundle ?? {}).find((part) => part.type === "chunk" && part.name === name)?.fileName;
  const [rooms, korean] = [file("Rooms"), file("ko")];
  return [
    ...(korean ? [{ tag: "link", attrs: { id: "ko", crossorigin: true, href: `/${korean}` }, injectTo: "head-prepend" as const }] : []),
    ...(rooms ? [{ tag: "link", attrs: { rel: "modulepreload", crossorigin: true, fetchpriority: "low", href: `/${rooms}` }, injectTo: "head" as const }] : []),
  ];
}

export function shell(): Plugin {
  return {
    name: "chatmesh-shell",
    transformIndexHtml: { order: "post", handler: (html, { bundle }) => ({ html: html.replace("<!--shell-->", door(en) + door(ko) + rooms), tags: preload(bundle) }) },
  };
}
