import { SignJWT } from "jose";

/** Claims of a token besides `sub`. */
export interface Claims {
  readonly topics?: readonly string[];
  readonly publish?: readonly string[];
  /** Seconds from now; negative for one that has expired. An hour unless given. */
  readonly ttl?: number;
  /** Any other claim; `undefined` takes one out. */
  readonly [claim: string]: unknown;
}

/** What the service under test knows us by. */
export interface Credentials {
  /** The secret of an API key. */
  readonly key: string;
  /** Whether tokens can be made that are odd, or not valid at all. */
  readonly canForge: boolean;
  /** Gives a token of a user. */
  token(user: string, claims?: Claims): Promise<string>;
}

/** Where the credentials of a run come from, for whoever starts it without them. */
export const VARIABLES = `Set these variables:
  CONFORMANCE_KEY            the secret of an API key of the service
and one of
  CONFORMANCE_SECRET         the secret that its user tokens are signed with (HS256)
  CONFORMANCE_TOKEN_COMMAND  a program that prints a token; it is given the arguments of
                             \`deno task token\`: <user> --ttl <n>s [--topics a,b] [--publish topic:a]
and if its tokens need more, such as an issuer,
  CONFORMANCE_CLAIMS         further claims, as a JSON object; with CONFORMANCE_SECRET only`;

/**
 * Reads the credentials of a run.
 *
 * @returns the credentials, or the names of what is missing
 */
export function readCredentials(
  env: Readonly<Record<string, string | undefined>>,
): Credentials | { readonly missing: readonly string[] } {
  const { CONFORMANCE_KEY: key, CONFORMANCE_SECRET: secret } = env;
  const command = env["CONFORMANCE_TOKEN_COMMAND"];
  const missing = [
    ...(key ? [] : ["CONFORMANCE_KEY"]),
    ...(secret || command ? [] : ["CONFORMANCE_SECRET or CONFORMANCE_TOKEN_COMMAND"]),
  ];
  if (!key || missing.length > 0) return { missing };
  if (secret) {
    const more = JSON.parse(env["CONFORMANCE_CLAIMS"] ?? "{}");
    return {
      key,
      canForge: true,
      token: (user, claims) => sign(user, { secret, claims: { ...more, ...claims } }),
    };
  }
  return { key, canForge: false, token: (user, claims) => ask(command ?? "", user, claims) };
}

/** Signs a token as somebody with this secret does. */
export async function sign(
  user: string,
  { secret, claims: { ttl = 3600, ...claims } = {} }: { secret: string; claims?: Claims },
): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  const payload = { sub: user, iat: now, exp: now + ttl, jti: crypto.randomUUID(), ...claims };
  const given = Object.fromEntries(
    Object.entries(payload).filter(([, value]) => value !== undefined),
  );
  return await new SignJWT(given).setProtectedHeader({ alg: "HS256" })
    .sign(new TextEncoder().encode(secret));
}

async function ask(command: string, user: string, claims: Claims = {}): Promise<string> {
  const { ttl = 3600, topics, publish } = claims;
  const [program = "", ...args] = command.split(" ").filter((word) => word !== "");
  args.push(user, "--ttl", `${ttl}s`);
  if (topics !== undefined) args.push("--topics", topics.join(","));
  if (publish !== undefined) args.push("--publish", publish.join(","));
  const { success, stdout } = await new Deno.Command(program, { args, stderr: "inherit" }).output();
  if (!success) throw new Error(`\`${command}\` did not print a token`);
  return new TextDecoder().decode(stdout).trim();
}
