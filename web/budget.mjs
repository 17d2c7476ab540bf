/** Fails the build when what the browser loads, first or later, grows above its budget (gzip, bytes). */
import { readdirSync, readFileSync, statSync } from "node:fs";
import { gzipSync } from "node:zlib";

const KB = 1024;
const dist = new URL("./dist/", import.meta.url);
const html = readFileSync(new URL("index.html", dist), "utf8");
const gz = (path) => gzipSync(readFileSync(new URL(path, dist)), { level: 9 }).length;
const assets = readdirSync(new URL("assets/", dist)).map((name) => `assets/${name}`);
// With the rooms behind the door, without the texts of a second language.
const entry = assets.filter((path) => path.endsWith(".js") && html.includes(path) && !path.startsWith("assets/ko-"));
const sheets = assets.filter((path) => path.endsWith(".css"));

/** Adds to the found whatever a part that comes later brings with it, at once or on use. */
function brought(name, found) {
  const path = assets.find((one) => one.endsWith(".js") && (one === name || one.startsWith(`assets/${name}-`)));
  if (!path) throw new Error(`no part named ${name} in dist/assets`);
  if (found.has(path)) return found;
  found.add(path);
  for (const [, file] of readFileSync(new URL(path, dist), "utf8").matchAll(/(?:from|import\()\s*["'`]\.\/([\w-]+\.js)["'`]/g)) brought(`assets/${file}`, found);
  return found;
}
const weight = (paths) => [...paths].reduce((sum, path) => sum + gz(path), 0);
const later = (...names) => weight([...names.reduce((found, name) => brought(name, found), new Set(entry))].filter((path) => !entry.includes(path)));

const rows = [
  ["entry js", weight(entry), 130 * KB],
  ["css", weight(sheets), 14 * KB],
  ["emoji picker, later", later("Picker", "emoji"), 60 * KB],
  ["code highlight, later", later("highlight"), 45 * KB],
  ["settings, later", later("Settings"), 40 * KB],
  ["theme.js (plain)", statSync(new URL("theme.js", dist)).size, KB],
];
for (const [name, size, limit] of rows) console.log(`${size > limit ? "OVER" : "ok  "} ${name}: ${size} of ${limit} bytes`);
if (entry.length === 0) console.error("no entry script found in dist/index.html");
// The content security policy of the gateway allows neither; a bundler option must not bring them back.
const inline = /<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=/.test(html);
if (inline) console.error("dist/index.html has inline script or style");
process.exit(rows.some(([, size, limit]) => size > limit) || entry.length === 0 || inline ? 1 : 0);
