import { fileURLToPath } from "node:url";

/** An app of its own has `@bellwire/client` as a dependency; here it is the one of this repository. */
const client = (path) => fileURLToPath(new URL(`../../client/src/${path}`, import.meta.url));

export default {
  esbuild: { jsx: "automatic" },
  resolve: {
    alias: [
      { find: "@bellwire/client/react", replacement: client("react/mod.ts") },
      { find: "@bellwire/client/elements", replacement: client("elements/mod.ts") },
      { find: "@bellwire/client", replacement: client("mod.ts") },
    ],
    // The client's files lie outside of this folder, and there is one React.
    dedupe: ["react"],
  },
  server: {
    fs: { allow: ["../.."] },
    // Stands in for a backend: dev mode hands out tokens to whoever asks.
    proxy: { "/dev": "http://localhost:8000" },
  },
};
