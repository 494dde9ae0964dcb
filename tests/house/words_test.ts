import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../drivers/paths.ts";
import { sourceFiles } from "./imports.ts";

/** Old names, and what replaced them: see docs/glossary.md. */
const BANNED: Readonly<Record<string, RegExp>> = {
  "purgeStaleInstances, evict": /\bbury(?:All|Stale)?\b|\bburied\b/i,
  "rejoined": /\breborn\b/i,
  "RemoteEnvelope": /\bLetter\b/,
  "UserState, WorkerHandle": /\bMember\b/,
  "ConnectionLimiter": /\bPlaces\b/,
  "Semaphore": /\bTurnstile\b/i,
  "OptimisticReads": /\bTrust\b/,
  "retryWhileStoreDown": /\bPatience\b/,
  "Backpressure": /\bParking\b/,
  "Connection": /\bConversation\b/,
  "SubscriptionManager": /\bFollowing\b/,
  "onError": /\bonTrouble\b|\bonInternal\b|\btroubled\b/,
  "describeStartError": /\bwhyNot\b/,
  "SELF_EXPLANATORY": /\bTELLING\b/,
  "what is counted": /\btallyBut\b/,
};

/** Operators know the names of log events: they stay. */
const LOG_EVENT = /"[a-z]+\.[a-z]+"/g;

/** Folders that the list holds for. */
const FOLDERS = [
  "auth",
  "cli",
  "clock.ts",
  "cluster",
  "config",
  "domain",
  "encoding",
  "errors.ts",
  "feeds",
  "gateway",
  "http",
  "kv",
  "limits",
  "ops",
  "pages",
  "schemas",
  "server",
  "store",
  "workers",
];

Deno.test("no old name of the glossary comes back", () => {
  const found = FOLDERS.flatMap((folder) => sourceFiles(`src/${folder}`)).flatMap((file) => {
    const lines = Deno.readTextFileSync(join(ROOT, file)).split("\n");
    return lines.flatMap((line, index) =>
      Object.entries(BANNED).filter(([, pattern]) => pattern.test(line.replaceAll(LOG_EVENT, "")))
        .map(([term]) => `${file}:${index + 1}: write ${term}: ${line.trim()}`)
    );
  });
  assert.deepEqual(found, []);
});

Deno.test("every file that the architecture and the glossary name is there", () => {
  for (const document of ["docs/architecture.md", "docs/glossary.md"]) {
    const text = Deno.readTextFileSync(join(ROOT, document));
    for (const [, path = ""] of text.matchAll(/`((?:[a-z_]+\/)+[a-z_]+\.ts)`/g)) {
      const there = [path, `src/${path}`].some((file) => {
        try {
          return Deno.statSync(join(ROOT, file)).isFile;
        } catch {
          return false;
        }
      });
      assert(there, `${document}: ${path}`);
    }
  }
});
