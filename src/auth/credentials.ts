import type { Config } from "../config/config.ts";
import { devSecretsPath, loadDevSecrets } from "./dev_secrets.ts";
import type { ApiKey } from "./publisher_keys.ts";

/** The secrets that are in force, wherever they come from. */
export interface Credentials {
  /** The first one signs, all of them verify; none where only an issuer's tokens are accepted. */
  readonly jwtSecrets: readonly string[];
  /** Where the issuer of asymmetric tokens publishes its keys. */
  readonly jwksUrl?: string;
  /** At least one. */
  readonly apiKeys: readonly ApiKey[];
  /** Dev mode: where the generated ones are kept, and the generated key. */
  readonly dev?: { readonly path: string; readonly publisherKey: string };
}

/**
 * Gets the secrets: those of the configuration, and in dev mode those of the file beside the KV
 * file, which is made when it is not there.
 *
 * @throws {StartError}
 */
export async function loadCredentials({ auth, kv }: Config): Promise<Credentials> {
  if (auth.mode === "configured") return auth;
  // Instances that share a server and a folder share their secrets too.
  const path = devSecretsPath(kv.kind === "file" ? kv.path : "./data/bellwire.db");
  const { jwtSecret, publisherKey } = await loadDevSecrets(path);
  return {
    jwtSecrets: [jwtSecret],
    apiKeys: [...auth.apiKeys, { name: "dev", secret: publisherKey }],
    dev: { path, publisherKey },
  };
}
