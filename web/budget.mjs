/** Fails the build when what the browser must load first grows above its budget (gzip, bytes). */
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

const rows = [
  ["entry js", entry.reduce((sum, path) => sum + gz(path), 0), 130 * KB],
  ["css", sheets.reduce((sum, path) => sum + gz(path), 0), 14 * KB],
  ["theme.js (plain)", statSync(new URL("theme.js", dist)).size, KB],
];
for (const [name, size, limit] of rows) console.log(`${size > limit ? "OVER" : "ok  "} ${name}: ${size} of ${limit} bytes`);
if (entry.length === 0) console.error("no entry script found in dist/index.html");
// The content security policy of the gateway allows neither; a bundler option must not bring them back.
const inline = /<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=/.test(html);
if (inline) console.error("dist/index.html has inline script or style");
process.exit(rows.some(([, size, limit]) => size > limit) || entry.length === 0 || inline ? 1 : 0);
