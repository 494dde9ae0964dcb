import assert from "node:assert/strict";
import { join } from "node:path";
import { parse } from "yaml";
import { findOnPath } from "../drivers/find_programs.ts";
import { Service } from "../drivers/service.ts";
import { ROOT } from "../drivers/paths.ts";

const RULES = "deploy/alerts.yml";
const TESTS = "tests/deploy/alerts.test.yml";

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

interface RuleTest {
  readonly alert_rule_test?: readonly {
    readonly alertname: string;
    readonly exp_alerts: readonly unknown[];
  }[];
}

function load<T>(path: string): T {
  return parse(Deno.readTextFileSync(join(ROOT, path)), { strict: true }) as T;
}

function rules(): readonly Rule[] {
  return load<{ groups: { rules: Rule[] }[] }>(RULES).groups.flatMap(({ rules }) => rules);
}

const promtool = findOnPath("promtool");

Deno.test({
  name: "promtool: each alert fires at the first occurrence, and none in a quiet hour",
  ignore: promtool === undefined,
  async fn() {
    const run = async (...args: string[]) => {
      const command = new Deno.Command(promtool as string, { args, cwd: ROOT });
      const { success, stdout, stderr } = await command.output();
      const decoder = new TextDecoder();
      assert(success, decoder.decode(stdout) + decoder.decode(stderr));
    };
    await run("check", "rules", RULES);
    await run("test", "rules", TESTS);
  },
});

Deno.test("each alert is tested where it has to fire and where it must not", () => {
  const cases = load<{ tests: RuleTest[] }>(TESTS).tests
    .flatMap(({ alert_rule_test: cases = [] }) => cases);
  for (const { alert } of rules()) {
    const own = cases.filter(({ alertname }) => alertname === alert);
    assert(own.some(({ exp_alerts: alerts }) => alerts.length === 0), `${alert} never rests`);
    assert(own.some(({ exp_alerts: alerts }) => alerts.length > 0), `${alert} never fires`);
  }
});

Deno.test("each alert says how bad it is, what has happened and what to do", () => {
  const all = rules();
  assert.equal(new Set(all.map(({ alert }) => alert)).size, all.length);
  for (const { alert, labels = {}, annotations = {} } of all) {
    assert(["critical", "warning"].includes(labels["severity"] ?? ""), alert);
    assert(annotations["summary"], alert);
    assert((annotations["description"] ?? "").length > 20, alert);
  }
});

/** A selector of an expression, such as `bellwire_x_total{status="503"}`. */
const SELECTOR = /\b(bellwire_[a-z0-9_]+)(?:\{([^}]*)\})?/g;
const LABEL = /(\w+)(=~|=)"([^"]*)"/g;

Deno.test("every series that an alert looks at is there before anything has happened", async () => {
  await using service = await Service.start();
  const series = await seriesOf(service);
  for (const { alert, expr } of rules()) {
    for (const [, metric = "", selector = ""] of expr.matchAll(SELECTOR)) {
      const wanted = [...selector.matchAll(LABEL)].map(([, name = "", how, value = ""]) => ({
        name,
        pattern: new RegExp(`^(?:${how === "=~" ? value : RegExp.escape(value)})$`),
      }));
      const found = series.some(({ name, labels }) =>
        name === metric && wanted.every(({ name, pattern }) => pattern.test(labels[name] ?? ""))
      );
      assert(found, `${alert}: ${metric}{${selector}}`);
    }
  }
});

Deno.test("no metric has a series without labels beside those with", async () => {
  await using service = await Service.start();
  await service.published({ to: { user: "ada" }, title: "Hello" });
  const names = new Map<string, Set<string>>();
  for (const { name, labels } of await seriesOf(service)) {
    const { le: _, ...own } = labels;
    const keys = names.get(name) ?? new Set();
    names.set(name, keys.add(Object.keys(own).sort().join()));
  }
  assert(names.size > 20);
  for (const [name, keys] of names) assert.equal(keys.size, 1, `${name}: ${[...keys].join(" | ")}`);
});

async function seriesOf(service: Service) {
  const text = await (await service.fetch("/metrics")).text();
  return text.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => {
    const [, name = "", labels = ""] = /^(\w+)(?:\{(.*)\})? /.exec(line) ?? [];
    const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = "", value = ""]) =>
      [key, value] as const
    );
    return { name, labels: Object.fromEntries(pairs) as Record<string, string> };
  });
}
