/** Builds the client into `dist/`, which the gateway embeds; the SDK is taken from its source beside it. */
import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { shell } from "./shell";
import { serviceWorker } from "./worker/plugin";
import { defineConfig } from "vitest/config";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const server = process.env["CHATMESH_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), shell(), serviceWorker()],
  resolve: {
    alias: {
      "@chatmesh/client": here("../clients/typescript/src/index.ts"),
      // The SDK stands outside this folder: its one dependency is found here.
      "@msgpack/msgpack": here("./node_modules/@msgpack/msgpack"),
    },
  },
  build: { target: "es2022", assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  test: { include: ["src/**/*.test.ts"] },
  server: { proxy: { "/v1": { target: server, ws: true, changeOrigin: true } } },
});
