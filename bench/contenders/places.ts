import { fileURLToPath } from "node:url";

/** Paths in the repository. */
export const places = {
  root: pathOf("../../"),
  generator: pathOf("../load/main.ts"),
  bareSockets: pathOf("../ceilings/sockets.ts"),
  kvCeiling: pathOf("../ceilings/kv.ts"),
  socketIo: pathOf("../rivals/socket_io/"),
} as const;

function pathOf(relative: string): string {
  return fileURLToPath(new URL(relative, import.meta.url));
}
