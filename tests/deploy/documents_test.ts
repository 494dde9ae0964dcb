import assert from "node:assert/strict";
import { join } from "node:path";
import denoJson from "../../deno.json" with { type: "json" };
import { FACT_VARIABLES } from "../../src/config/facts.ts";
import { NAMES } from "../../src/config/variables.ts";
import { Service } from "../drivers/service.ts";
import { ROOT } from "../drivers/paths.ts";

const read = (path: string) => Deno.readTextFileSync(join(ROOT, path));
const DOCUMENTS = ["README.md", "docs/operations.md", "docs/deploy.md", "docs/configuration.md"];
const ALERTS = "deploy/alerts.yml";

function all(text: string, pattern: RegExp): string[] {
  return [...new Set([...text.matchAll(pattern)].map(([, one = ""]) => one))];
}

Deno.test("every metric that an operator is told to watch is there, with the labels that are named", async () => {
  await using service = await Service.start();
  await service.published({ to: { user: "ada" }, title: "Hello" });
  const metrics = await (await service.fetch("/metrics")).text();
  const texts = ["docs/operations.md", ALERTS].map(read);
  const named = all(texts.join("\n"), /\b(bellwire_[a-z0-9_]+)/g).filter((name) =>
    name !== "bellwire_kv"
  );
  assert(named.length > 10);
  for (const name of named) {
    const metric = name.replace(/_bucket$/, "");
    assert.match(metrics, new RegExp(`^# TYPE ${metric} `, "m"), name);
  }
  assert.match(
    metrics,
    /^bellwire_http_requests_total\{.*route="\/v1\/notifications".*status="201"/m,
  );
  assert.match(metrics, /^bellwire_kv_call_duration_seconds_bucket\{.*call="commit".*le="0\.25"/m);
});

Deno.test("every variable, task and file that the documents name is there", () => {
  const known = [...NAMES, ...FACT_VARIABLES];
  for (const document of DOCUMENTS) {
    const text = read(document);
    for (const name of all(text, /\b(BELLWIRE_[A-Z_]+|DENO_KV_[A-Z_]+|DENO_DEPLOYMENT_ID)\b/g)) {
      assert(known.includes(name), `${document}: ${name}`);
    }
    for (const task of all(text, /deno task ([a-z]+)/g)) {
      assert(task in denoJson.tasks, `${document}: ${task}`);
    }
    for (const link of all(text, /\]\(([^)#:]+)(?:#[^)]*)?\)/g)) {
      assert(Deno.statSync(join(ROOT, document, "..", link)).isFile, `${document}: ${link}`);
    }
  }
});
