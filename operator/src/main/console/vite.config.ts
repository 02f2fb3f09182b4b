import { defineConfig } from "vite";

// Names without hashes: the built files are committed, and the operator answers them with no-cache and a 304.
export default defineConfig({
  base: "./",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../resources/META-INF/resources/console",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      output: {
        entryFileNames: "console.js",
        assetFileNames: "console[extname]",
        codeSplitting: false,
      },
    },
  },
  // npm run dev: CONCERTINA_ADMIN_URL is what ./concertina demo prints
  server: { proxy: { "/api": process.env.CONCERTINA_ADMIN_URL ?? "http://localhost:8090" } },
});
