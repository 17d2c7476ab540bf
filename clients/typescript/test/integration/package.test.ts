import { execFileSync, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { until } from "../until.js";
import { URL_OF_MESH } from "./mesh.js";

const here = new URL("../../", import.meta.url).pathname;
const inside = (name: string): string => join(here, "node_modules", name);
let folder = "";

/** A package of somebody else's, in which this one is installed as it would be published. */
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "chatmesh-client-"));
  const packed = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", folder], { cwd: here, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }));
  const target = join(folder, "node_modules", "@chatmesh", "client");
  mkdirSync(target, { recursive: true });
  execFileSync("tar", ["-xzf", join(folder, packed[0].filename), "--strip-components=1", "-C", target]);
  for (const name of ["@msgpack", "ws", "@types", "undici-types"]) symlinkSync(inside(name), join(folder, "node_modules", name));
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name: "consumer", private: true, type: "module" }));
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true }));

test("the first lines of the README run in plain Node and print what they say", async () => {
  const readme = readFileSync(join(here, "README.md"), "utf8");
  const lines = /```js\n([^]*?)```/.exec(readme)?.[1] ?? "";
  const promised = [...readme.matchAll(/`(\[[^`]*\] \d)`/g)].map((found) => found[1]);
  expect(promised).toHaveLength(2);
  writeFileSync(join(folder, "start.js"), lines.replace("http://127.0.0.1:8080", URL_OF_MESH));
  const child = spawn(process.execPath, ["start.js"], { cwd: folder });
  let output = "";
  child.stdout.on("data", (part) => (output += String(part)));
  child.stderr.on("data", (part) => (output += String(part)));
  try {
    await until("the last line", () => output.includes(`${promised[1]}\n`) || child.exitCode !== null);
    const printed = output.trim().split("\n");
    expect([printed[0], printed.at(-1)]).toEqual(promised);
  } finally {
    child.kill();
  }
});

test("its types hold in a strict program, with nothing left out", () => {
  writeFileSync(
    join(folder, "consumer.ts"),
    `import { ChatmeshError, Client, type Entry, type Storage, memoryStorage, uuidv7 } from "@chatmesh/client";
const storage: Storage = memoryStorage();
const client = new Client({ url: "http://127.0.0.1:1", storage, encoding: "json" });
const stop: () => void = client.on("event", (event) => console.log(event.seq.toFixed(), event.body?.text));
client.on("error", (error) => console.log(error instanceof ChatmeshError, error.retryAfterMs));
const entries: readonly Entry[] = client.open("room").entries;
// @ts-expect-error there is no such event
client.on("nothing", () => {});
// @ts-expect-error an emoji is a text
client.open("room").react(5, 7);
stop();
console.log(entries.length, uuidv7(0));
`,
  );
  const flags = ["--noEmit", "--strict", "--skipLibCheck", "false", "--module", "NodeNext", "--target", "ES2022", "--types", "node"];
  const tsc = join(here, "node_modules", ".bin", "tsc");
  expect(execFileSync(tsc, [...flags, "consumer.ts"], { cwd: folder, encoding: "utf8" })).toBe("");
});
