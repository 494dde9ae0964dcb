import assert from "node:assert/strict";
import { join } from "node:path";
import { ROOT } from "../drivers/paths.ts";

const UNRELEASED =
  "# Changelog\n\n## Unreleased\n\n- Something new.\n\n## 0.1.0 — 2026-01-01\n\n- All.\n";

async function run(cwd: string, command: string, ...args: string[]) {
  const { code, stdout, stderr } = await new Deno.Command(command, { args, cwd }).output();
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout).trim(), stderr: decoder.decode(stderr) };
}

const release = (cwd: string, version: string) =>
  run(cwd, Deno.execPath(), "run", "-A", join(ROOT, "scripts/release.ts"), version, "--unchecked");

Deno.test("a release dates the changelog, sets every version, commits and tags", async () => {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
  try {
    await Deno.mkdir(join(folder, "client"));
    for (
      const file of ["deno.json", "client/deno.json", "client/package.json", "client/README.md"]
    ) {
      await Deno.copyFile(join(ROOT, file), join(folder, file));
    }
    await Deno.writeTextFile(join(folder, "CHANGELOG.md"), UNRELEASED);
    await run(folder, "git", "init", "--quiet", "--initial-branch=main");
    await run(folder, "git", "config", "user.name", "Test");
    await run(folder, "git", "config", "user.email", "test@example.org");
    await run(folder, "git", "add", "--all");
    await run(folder, "git", "commit", "--quiet", "--message", "all");

    await Deno.writeTextFile(join(folder, "untracked"), "");
    assert.match((await release(folder, "9.8.7")).stderr, /Commit or remove/);
    await Deno.remove(join(folder, "untracked"));
    assert.match((await release(folder, "9.8")).stderr, /Usage/);

    const released = await release(folder, "9.8.7");
    assert.equal(released.code, 0, released.stderr);
    const changelog = await Deno.readTextFile(join(folder, "CHANGELOG.md"));
    assert.match(changelog, /## Unreleased\n\n## 9\.8\.7 — \d{4}-\d\d-\d\d\n\n- Something new\./);
    for (const file of ["deno.json", "client/deno.json", "client/package.json"]) {
      assert.equal(JSON.parse(await Deno.readTextFile(join(folder, file))).version, "9.8.7", file);
    }
    assert.match(await Deno.readTextFile(join(folder, "client/README.md")), /-9\.8\.7\.tgz/);
    assert.equal((await run(folder, "git", "tag", "--list")).stdout, "v9.8.7");
    assert.equal((await run(folder, "git", "status", "--porcelain")).stdout, "");
    assert.match((await release(folder, "9.8.7")).stderr, /exists already/);
    assert.match((await release(folder, "9.9.0")).stderr, /no entry/);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
