import { loadCredentials } from "../auth/credentials.ts";
import { signToken } from "../auth/token_signer.ts";
import { parseDuration } from "../config/variables.ts";
import type { Config } from "../config/config.ts";
import { isUserId, USER_ID_FORM } from "../domain/stream_name.ts";
import { parseArguments, run, UsageError } from "./run.ts";

const USAGE =
  "Usage: deno task token <user> [--ttl 1h] [--topics a,b] [--publish [topic:a,topic:b]]";

/**
 * Signs a user token with the secret of the configuration, or of dev mode.
 *
 * `--publish` without a value allows publishing to the topics that the token allows to join.
 *
 * @returns the token
 * @throws {UsageError}
 * @throws {StartError}
 */
export async function token(args: readonly string[], config: Config): Promise<string> {
  const { positionals, options } = parseArguments(withValue(args, "--publish"), {
    usage: USAGE,
    names: ["ttl", "topics", "publish"],
  });
  const [user] = positionals;
  if (user === undefined || positionals.length > 1) throw new UsageError(USAGE);
  if (!isUserId(user)) throw new UsageError(`A user id ${USER_ID_FORM}\n${USAGE}`);
  const topics = options.topics === undefined ? undefined : split(options.topics);
  const publish = options.publish === ""
    ? (topics ?? ["*"]).map((topic) => `topic:${topic}`)
    : options.publish && split(options.publish);

  const { jwtSecrets: [secret] } = await loadCredentials(config);
  if (secret === undefined) {
    throw new UsageError(
      "No secret is configured to sign with: with BELLWIRE_JWKS_URL alone, the issuer signs tokens. " +
        "Set BELLWIRE_JWT_SECRET too, or get a token from the issuer.",
    );
  }
  return await signToken({
    user,
    userClaim: config.userClaim,
    lifetimeMs: lifetime(options.ttl ?? "1h", config),
    ...(topics === undefined ? {} : { topics }),
    ...(publish ? { publish } : {}),
    ...(config.issuer === undefined ? {} : { issuer: config.issuer }),
    ...(config.audience === undefined ? {} : { audience: config.audience }),
  }, { secret });
}

/** Adds an empty value to an option without one, which the parser needs. */
function withValue(args: readonly string[], option: string): string[] {
  return args.map((arg, i) => {
    const alone = arg === option && (args[i + 1]?.startsWith("-") ?? true);
    return alone ? `${option}=` : arg;
  });
}

function lifetime(ttl: string, { maxTokenLifetimeMs }: Config): number {
  const ms = parseDuration(ttl);
  if (ms === undefined || ms === 0) {
    throw new UsageError("--ttl must be a duration such as 90s, 1h or 7d\n" + USAGE);
  }
  if (ms > maxTokenLifetimeMs) {
    throw new UsageError("--ttl is above BELLWIRE_MAX_TOKEN_LIFETIME: the token would be refused");
  }
  return ms;
}

function split(list: string): string[] {
  return list.split(",").map((entry) => entry.trim()).filter((entry) => entry !== "");
}

if (import.meta.main) await run(token);
