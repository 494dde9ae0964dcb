import type { Hono } from "hono";
import { type AppDeps, createApp } from "../../src/http/app.ts";
import type { AllowedOrigins } from "../../src/auth/origins.ts";
import { createPublisherKeys } from "../../src/auth/publisher_keys.ts";
import { signToken } from "../../src/auth/token_signer.ts";
import { createTokenVerifier } from "../../src/auth/token_verifier.ts";
import type { AppEnv } from "../../src/http/middleware.ts";
import type { LogFields } from "../../src/ops/log.ts";
import type { Quota } from "../../src/limits/rate_limit.ts";
import { RecordedStore } from "../fakes/recorded_store.ts";

/** The HTTP side of the service over a store in memory, with a publisher and any user at hand. */
export interface TestApp {
  readonly app: Hono<AppEnv>;
  readonly store: RecordedStore;
  /** What was logged at level `error`. */
  readonly errors: { event: string; fields: LogFields | undefined }[];
  /** The secret of the publisher `ci`. */
  readonly key: string;
  /** A token of this user, good for an hour. */
  token(user: string): Promise<string>;
  /** POSTs to `/v1/notifications` as the publisher, a JSON body unless it is text or bytes. */
  publish(body: unknown, headers?: Record<string, string>): Promise<Response>;
  /** GETs as this user. */
  get(path: string, user: string): Promise<Response>;
}

const SECRET = "a secret of the tests, 32 bytes or more";

/** Dependencies of a test's own, and settings as they are all the time. */
type Wishes = Partial<Omit<AppDeps, "allowedOrigins" | "publisherQuota">> & {
  readonly allowedOrigins?: AllowedOrigins;
  readonly publisherQuota?: Quota;
};

/** Makes one; `deps` replaces what a test wants otherwise. */
export async function createTestApp(
  { allowedOrigins = "same-origin", publisherQuota, ...deps }: Wishes = {},
): Promise<TestApp> {
  const store = await RecordedStore.open();
  const errors: TestApp["errors"] = [];
  const key = "key-of-the-publisher";
  const app = createApp({
    ...store.api,
    tokens: await createTokenVerifier({ secrets: [SECRET], maxLifetimeMs: 86_400_000 }),
    keys: createPublisherKeys([{ name: "ci", secret: key }]),
    tickets: {
      issue: () => Promise.reject(new Error("not here")),
      redeem: () => Promise.reject(new Error("not here")),
    },
    revoke: { token: () => Promise.resolve(), user: () => Promise.resolve() },
    stream: () => new Response("a stream"),
    ready: () => Promise.resolve({ ok: true }),
    metrics: () => Promise.resolve("bellwire_test 1\n"),
    presence: (user) =>
      Promise.resolve({ online: user === "ada", instances: Number(user === "ada") }),
    log: {
      debug() {},
      info() {},
      warn() {},
      error: (event, fields) => void errors.push({ event, fields }),
    },
    allowedOrigins: () => allowedOrigins,
    publisherQuota: () => publisherQuota,
    version: "0.0.0",
    ...deps,
  });
  const token = (user: string) => signToken({ user, lifetimeMs: 3_600_000 }, { secret: SECRET });

  return {
    app,
    store,
    errors,
    key,
    token,
    async publish(body, headers = {}) {
      return await app.request("/v1/notifications", {
        method: "POST",
        headers: { authorization: `Bearer ${key}`, "content-type": "application/json", ...headers },
        body: typeof body === "string" || body instanceof Uint8Array
          ? body as BodyInit
          : JSON.stringify(body),
      });
    },
    async get(path, user) {
      return await app.request(path, {
        headers: { authorization: `Bearer ${await token(user)}` },
      });
    },
  };
}
