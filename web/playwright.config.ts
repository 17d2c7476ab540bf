/** Browser tests against a real, running mesh at `CHATMESH_URL`. Without one they fail; they are never skipped. */
import { defineConfig } from "@playwright/test";

const url = process.env["CHATMESH_URL"];
if (!url) throw new Error("CHATMESH_URL names no running mesh: start one with `make up`, or run `make test`, which sets it");

export default defineConfig({
  testDir: "e2e",
  timeout: 120_000,
  expect: { timeout: 20_000 },
  workers: 1,
  reporter: [["list"]],
  outputDir: "test-results",
  use: {
    baseURL: url,
    locale: "en-US",
    viewport: { width: 1280, height: 800 },
    trace: "retain-on-failure",
    launchOptions: {
      executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
      args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
    },
  },
});
