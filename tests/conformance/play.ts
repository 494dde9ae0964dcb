import { within } from "./deadline.ts";
import type { Rule } from "./rule.ts";
import type { World } from "./world.ts";

/** What came of one rule. */
export interface Outcome {
  readonly rule: Rule;
  /** Why it failed; undefined where it did not. */
  readonly failure?: string;
  /** What was missing to check it. */
  readonly unchecked?: string;
}

export interface PlayOptions {
  /** Whether notifications may be sent to everyone there is. */
  readonly everyone?: boolean;
  /** How many are checked at a time. */
  readonly together?: number;
  /** The longest that one may take, in milliseconds. */
  readonly deadline?: number;
}

/** Checks rules on a service, several at a time, and gives what came of each in their order. */
export async function play(
  rules: readonly Rule[],
  world: World,
  { everyone = false, together = 12, deadline = 60_000 }: PlayOptions = {},
): Promise<Outcome[]> {
  const has = { secret: world.credentials.canForge, everyone };
  const outcomes = new Map<Rule, Outcome>();
  const work = async (queue: Rule[]) => {
    for (let rule = queue.shift(); rule !== undefined; rule = queue.shift()) {
      const unchecked = rule.needs && !has[rule.needs] ? WHY[rule.needs] : undefined;
      outcomes.set(rule, unchecked ? { rule, unchecked } : await one(rule, world, deadline));
    }
  };
  const quiet = rules.filter(({ needs }) => needs !== "everyone");
  await Promise.all(Array.from({ length: together }, () => work(quiet)));
  // What is sent to everyone is in everybody's inbox and counts.
  await work(rules.filter(({ needs }) => needs === "everyone"));
  return rules.map((rule) => outcomes.get(rule) as Outcome);
}

const WHY = {
  secret: "needs CONFORMANCE_SECRET",
  everyone: "sends to everyone: give --everyone",
} as const;

async function one(rule: Rule, world: World, deadline: number): Promise<Outcome> {
  try {
    await within(rule.check(world), "the end of the check", deadline);
    return { rule };
  } catch (error) {
    return { rule, failure: error instanceof Error ? error.message : String(error) };
  }
}

/** What is printed of an outcome. */
export function line({ rule: { id, expects }, failure, unchecked }: Outcome): string {
  const number = id.padEnd(5);
  if (failure !== undefined) {
    const why = failure.trim().split("\n").join("\n              ");
    return `${number} FAILED   expected: ${expects}\n              ${why}`;
  }
  return unchecked === undefined
    ? `${number} ok       ${expects}`
    : `${number} –        ${expects} (not checked: ${unchecked})`;
}
