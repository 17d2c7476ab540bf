/** Lays a compressed copy beside every text of `dist/`: the gateway sends it to whoever takes it and compresses nothing itself. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const dist = new URL("./dist/", import.meta.url);
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(html|js|css|svg|webmanifest)$/.test(name)) continue;
  const plain = readFileSync(new URL(name, dist));
  const packed = gzipSync(plain, { level: 9 });
  if (packed.length < plain.length) writeFileSync(new URL(`${name}.gz`, dist), packed);
}
