// deno-lint-ignore-file no-console -- a command-line program
/**
 * Cuts a release: checks, dates the changelog's heading, sets the version wherever it stands,
 * commits and tags. It does not push.
 *
 *     deno task release 0.2.0
 */
const VERSIONED = ["deno.json", "client/deno.json", "client/package.json"];
const UNRELEASED = "## Unreleased\n";

async function run(command: string, ...args: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args }).output();
  if (!success) refuse(`${command} ${args.join(" ")} failed:\n${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout).trim();
}

function refuse(reason: string): never {
  console.error(reason);
  Deno.exit(1);
}

const [version = "", ...flags] = Deno.args;
if (!/^\d+\.\d+\.\d+$/.test(version)) refuse("Usage: deno task release <major.minor.patch>");
if (await run("git", "branch", "--show-current") !== "main") refuse("Switch to the branch main.");
if (await run("git", "status", "--porcelain") !== "") refuse("Commit or remove what is changed.");
if (await run("git", "tag", "--list", `v${version}`) !== "") refuse(`v${version} exists already.`);

const changelog = await Deno.readTextFile("CHANGELOG.md");
const [, after = ""] = changelog.split(UNRELEASED);
const entries = after.split(/^## /m, 1).join();
if (!/^- /m.test(entries)) refuse('CHANGELOG.md has no entry under "Unreleased".');

// The test of this script leaves the checks out.
if (!flags.includes("--unchecked")) await run(Deno.execPath(), "task", "check");

const date = new Date().toISOString().slice(0, 10);
await Deno.writeTextFile(
  "CHANGELOG.md",
  changelog.replace(UNRELEASED, `${UNRELEASED}\n## ${version} — ${date}\n`),
);
for (const file of VERSIONED) {
  const text = await Deno.readTextFile(file);
  const changed = text.replace(/^( {2}"version": )"[^"]*"/m, `$1"${version}"`);
  if (!changed.includes(`"version": "${version}"`)) refuse(`${file} has no version.`);
  await Deno.writeTextFile(file, changed);
}
const readme = await Deno.readTextFile("client/README.md");
await Deno.writeTextFile(
  "client/README.md",
  readme.replace(/(bellwire-client-)\d+\.\d+\.\d+/g, `$1${version}`),
);
await run("git", "commit", "--all", "--message", `release: ${version}`);
await run("git", "tag", "--annotate", `v${version}`, "--message", `Bellwire ${version}`);
console.log(`Tagged v${version}. Publish it with: git push origin main v${version}`);
