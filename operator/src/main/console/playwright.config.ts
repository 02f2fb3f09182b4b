import { defineConfig } from "@playwright/test";

// Against a running demo: CONCERTINA_ADMIN_URL, CONCERTINA_ADMIN_TOKEN_FILE and CONCERTINA_VIEW_TOKEN_FILE say where and as whom,
// CHROMIUM which browser. The tests go on from each other's state, so they run one after another.
export default defineConfig({
  testDir: "test",
  workers: 1,
  retries: 0,
  timeout: 300_000,
  expect: { timeout: 60_000 },
  reporter: [["list"]],
  outputDir: process.env.CONCERTINA_TEST_OUTPUT ?? "test-results",
  use: {
    baseURL: process.env.CONCERTINA_ADMIN_URL,
    viewport: { width: 1280, height: 900 },
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: process.env.CHROMIUM,
      args: ["--no-sandbox", "--disable-dev-shm-usage"],
    },
  },
});
