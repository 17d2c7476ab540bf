import { defineConfig } from "vitest/config";

// Longer than any wait inside a test, which says what it waited for.
export default defineConfig({ test: { testTimeout: 30_000, hookTimeout: 30_000 } });
