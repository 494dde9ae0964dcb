// deno-lint-ignore-file no-console -- a command-line program
/**
 * Tries the rules of docs/protocol.md on a running service: `deno task conformance <url> …`.
 *
 * Several URLs are instances of one service; calls and connections take turns. `--everyone` also sends
 * to everyone, which disturbs all who are connected. Exit code 1 where a rule is broken, 2 where the
 * run could not begin.
 */
import { readCredentials, VARIABLES } from "./credentials.ts";
import { line, play } from "./play.ts";
import { RULES } from "./rules.ts";
import { World } from "./world.ts";

const urls = Deno.args.filter((arg) => !arg.startsWith("--"));
const credentials = readCredentials(Deno.env.toObject());
if (urls.length === 0 || !urls.every((url) => /^https?:\/\//.test(url))) {
  console.error("Usage: deno task conformance <url> [<url of another instance> …] [--everyone]");
  Deno.exit(2);
}
if ("missing" in credentials) {
  console.error(`Missing: ${credentials.missing.join(", ")}\n\n${VARIABLES}`);
  Deno.exit(2);
}

using world = new World(urls, credentials);
const outcomes = await play(RULES, world, { everyone: Deno.args.includes("--everyone") });
for (const outcome of outcomes) console.log(line(outcome));
const failed = outcomes.filter(({ failure }) => failure !== undefined).length;
const unchecked = outcomes.filter((outcome) => outcome.unchecked !== undefined).length;
console.log(
  `\n${outcomes.length - failed - unchecked} ok, ${failed} FAILED, ${unchecked} not checked`,
);
Deno.exit(failed === 0 ? 0 : 1);
