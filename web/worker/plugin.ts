/** Builds the service worker beside the client, with the list of all files it serves. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "vite";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export function serviceWorker(): Plugin {
  return {
    name: "chatmesh-service-worker",
    apply: "build",
    async closeBundle() {
      const dist = here("../dist/");
      const files = readdirSync(dist, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== "sw.js")
        .map((entry) => `${entry.parentPath.slice(dist.length - 1)}/${entry.name}`.replaceAll("//", "/"))
        .sort();
      const hash = createHash("sha256");
      for (const file of files) hash.update(file).update(readFileSync(dist + file));
      await build({
        configFile: false,
        logLevel: "warn",
        publicDir: false,
        define: { FILES: JSON.stringify(files.map((file) => (file === "/index.html" ? "/" : file))), VERSION_NAME: JSON.stringify(hash.digest("hex").slice(0, 12)) },
        build: { outDir: dist, emptyOutDir: false, target: "es2022", lib: { entry: here("sw.ts"), formats: ["es"], fileName: () => "sw.js" } },
      });
    },
  };
}
