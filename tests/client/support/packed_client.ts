import { npm } from "../../drivers/npm.ts";

const CLIENT = new URL("../../../client/", import.meta.url);

/** Installs the client into an app's folder as npm packs it, and other packages with it. */
export async function installClient(folder: string, ...packages: string[]): Promise<void> {
  await npm(["pack", CLIENT.pathname, "--pack-destination", folder], folder);
  const tarball = [...Deno.readDirSync(folder)].find(({ name }) => name.endsWith(".tgz"));
  await npm(["install", `./${tarball?.name}`, ...packages], folder);
}
