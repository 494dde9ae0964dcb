import { gzipSync } from "node:zlib";
import type { Load, Result } from "./scenario.ts";

const FILES = ["client", "client-more", "elements", "react"] as const;

/** How large what an app's users load is, minified and gzipped, as the service serves it. */
export async function clientSizes({ port }: Load): Promise<Result> {
  const sizes = await Promise.all(FILES.map(async (name) => {
    const answer = await fetch(`http://127.0.0.1:${port}/${name}.js`);
    const bytes = await answer.bytes();
    if (!answer.ok) throw new Error(`/${name}.js: ${answer.status}`);
    return [name, gzipSync(bytes, { level: 9 }).length];
  }));
  return Object.fromEntries(sizes);
}
