import { places } from "../contenders/places.ts";

/** Where and of what the numbers are, as a Markdown list. */
export async function environment(
  { socketIoOn }: { socketIoOn: string | undefined },
): Promise<string> {
  const cpu = /^model name\s*:\s*(.+)$/m.exec(await Deno.readTextFile("/proc/cpuinfo"))?.[1];
  const gibibytes = Math.round(Deno.systemMemoryInfo().total / 2 ** 30);
  const socketIo = await socketIoVersion();
  const lines = [
    `- machine: ${navigator.hardwareConcurrency} × ${
      cpu ?? "unknown"
    }, ${gibibytes} GiB, ${Deno.build.os} ${Deno.osRelease()}, load generator on the same machine, loopback`,
    `- versions: Deno ${Deno.version.deno} (V8 ${Deno.version.v8}), ${
      socketIoOn === undefined ? "no Socket.IO" : `Socket.IO ${socketIo} on ${socketIoOn}`
    }`,
    `- commit: ${await commit()}`,
  ];
  return lines.join("\n");
}

async function socketIoVersion(): Promise<string> {
  const { dependencies } = JSON.parse(
    await Deno.readTextFile(`${places.socketIo}package.json`),
  ) as { dependencies: { "socket.io": string } };
  return dependencies["socket.io"];
}

async function commit(): Promise<string> {
  try {
    const head = await git("rev-parse", "--short", "HEAD");
    const changed = await git("status", "--porcelain", "--untracked-files=no");
    return changed === "" ? head : `${head}, with changes that are not committed`;
  } catch (error) {
    // A copy without its history, or a machine without git, can be measured all the same.
    if (!(error instanceof Deno.errors.NotFound || error instanceof GitFailed)) throw error;
    return "unknown";
  }
}

class GitFailed extends Error {
  override readonly name = "GitFailed";
}

async function git(...args: string[]): Promise<string> {
  const { success, stdout } = await new Deno.Command("git", { args, cwd: places.root }).output();
  if (!success) throw new GitFailed(args.join(" "));
  return new TextDecoder().decode(stdout).trim();
}
