import { Hono } from "hono";
import type { AppEnv } from "../http/request_id.ts";

/** What the pages need. */
export interface PagesOptions {
  /** Signs the tokens of the playground's devices. */
  readonly jwtSecret: string;
  readonly publisherKey: string;
  readonly maxTokenLifetimeMs: number;
}

/** The playground. */
export async function createPages(_options: PagesOptions): Promise<Hono<AppEnv>> {
  await Promise.resolve();
  return new Hono<AppEnv>();
}
