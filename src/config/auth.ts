import { type AllowedOrigins, readOrigin } from "../auth/origins.ts";
import type { ApiKey } from "../auth/publisher_keys.ts";
import type { Facts } from "./facts.ts";
import { canonicalHost, isLoopback } from "./host.ts";
import type { Variables } from "./variables.ts";

/**
 * The secrets of the configuration. In dev mode the token secret and one more key come from a file (see
 * `auth/dev_secrets.ts`), and the service listens on loopback only.
 */
export type AuthConfig =
  | { readonly mode: "dev"; readonly apiKeys: readonly ApiKey[] }
  | {
    readonly mode: "configured";
    /** The first secret signs tokens; each of them verifies tokens. */
    readonly jwtSecrets: readonly string[];
    /** The address of the public keys of the tokens' issuer. */
    readonly jwksUrl?: string;
    readonly apiKeys: readonly ApiKey[];
  };

const SECRET_FORM =
  "must be a secret of at least 32 bytes, or several, separated by commas: create one " +
  "with `openssl rand -hex 32`";
const KEYS_FORM = "must be name:secret pairs, separated by commas; a name is 1–64 of " +
  "A–Z a–z 0–9 . _ -, a secret has no spaces";
const API_KEY = /^([A-Za-z0-9._-]{1,64}):([\x21-\x7e]{1,512})$/;
const MIN_SECRET_BYTES = 32;
const MIN_KEY_LENGTH = 16;

/**
 * Reads the secrets and decides on dev mode.
 *
 * @param host the value of HOST, if it is set
 */
export function readAuth(
  variables: Variables,
  { host, facts }: { host: string | undefined; facts: Facts },
): AuthConfig {
  const jwtSecrets = readSecrets(variables);
  const apiKeys = readApiKeys(variables);

  const jwksUrl = readJwksUrl(variables);
  if (jwtSecrets !== undefined || jwksUrl !== undefined) {
    if (!variables.isGiven("BELLWIRE_API_KEYS")) {
      variables.fail(
        "BELLWIRE_API_KEYS",
        `is missing, and no caller could publish without it: it ${KEYS_FORM}`,
      );
    }
    return {
      mode: "configured",
      jwtSecrets: jwtSecrets ?? [],
      ...(jwksUrl === undefined ? {} : { jwksUrl }),
      apiKeys,
    };
  }

  const unsafe = whyNoDevMode(host, facts);
  if (unsafe !== undefined) {
    variables.fail("BELLWIRE_JWT_SECRET", `is missing, and ${unsafe}: it ${SECRET_FORM}`);
    if (!variables.isGiven("BELLWIRE_API_KEYS")) {
      variables.fail("BELLWIRE_API_KEYS", `is missing, and ${unsafe}: it ${KEYS_FORM}`);
    }
  }
  return { mode: "dev", apiKeys };
}

function whyNoDevMode(host: string | undefined, { container, deploy }: Facts): string | undefined {
  if (deploy) return "there is no dev mode on Deno Deploy";
  if (container) return "there is no dev mode in a container";
  if (host !== undefined && !isLoopback(host)) {
    return "dev mode listens on loopback only, not on HOST";
  }
  return undefined;
}

function readSecrets(variables: Variables): readonly string[] | undefined {
  if (!variables.isGiven("BELLWIRE_JWT_SECRET")) return undefined;
  // The problem that kept the file from being read was added already.
  if (variables.text("BELLWIRE_JWT_SECRET") === undefined) return [];
  const secrets = variables.list("BELLWIRE_JWT_SECRET");
  const bytes = (secret: string) => new TextEncoder().encode(secret).byteLength;
  if (secrets.length === 0 || secrets.some((secret) => bytes(secret) < MIN_SECRET_BYTES)) {
    variables.fail("BELLWIRE_JWT_SECRET", SECRET_FORM);
  }
  return secrets;
}

/** An issuer signs tokens for many services: without issuer and audience, any of them would be accepted. */
function readJwksUrl(variables: Variables): string | undefined {
  const text = variables.text("BELLWIRE_JWKS_URL");
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  const isSafe = url?.protocol === "https:" ||
    (url?.protocol === "http:" && isLoopback(canonicalHost(url.hostname) ?? ""));
  if (!isSafe || url.username !== "" || url.password !== "") {
    variables.fail(
      "BELLWIRE_JWKS_URL",
      "must be the https address of a JSON Web Key Set (http only on this machine), such as " +
        "https://login.example/.well-known/jwks.json",
    );
  }
  if (!variables.isGiven("BELLWIRE_JWT_ISSUER")) {
    variables.fail(
      "BELLWIRE_JWT_ISSUER",
      "must be the `iss` of the tokens, such as https://login.example/, as BELLWIRE_JWKS_URL is set",
    );
  }
  if (!variables.isGiven("BELLWIRE_JWT_AUDIENCE")) {
    variables.fail(
      "BELLWIRE_JWT_AUDIENCE",
      "must be the `aud` of tokens meant for this service, as BELLWIRE_JWKS_URL is set",
    );
  }
  return text;
}

/** Claims that have another meaning here. */
const TAKEN_CLAIMS = ["exp", "iat", "nbf", "iss", "aud", "jti", "topics", "publish"];

/** The claim that holds the user's id; undefined for `sub`. */
export function readUserClaim(variables: Variables): string | undefined {
  const claim = variables.text("BELLWIRE_USER_CLAIM");
  if (claim === undefined) return undefined;
  if (!/^[!-~]{1,255}$/.test(claim) || TAKEN_CLAIMS.includes(claim)) {
    variables.fail(
      "BELLWIRE_USER_CLAIM",
      "must be the name of the claim that holds the user's id, such as email or " +
        `https://example.com/user_id; not one of ${TAKEN_CLAIMS.join(", ")}`,
    );
  }
  return claim;
}

function readApiKeys(variables: Variables): readonly ApiKey[] {
  if (variables.text("BELLWIRE_API_KEYS") === undefined) return [];
  const owners = new Map<string, string>();
  const keys: ApiKey[] = [];
  for (const entry of variables.list("BELLWIRE_API_KEYS")) {
    const [, name, secret] = API_KEY.exec(entry) ?? [];
    if (name === undefined || secret === undefined) {
      variables.fail("BELLWIRE_API_KEYS", KEYS_FORM);
      return [];
    }
    if ((owners.get(secret) ?? name) !== name) {
      variables.fail("BELLWIRE_API_KEYS", "must not give one secret to two names");
    }
    if (secret.length < MIN_KEY_LENGTH) {
      variables.fail(
        "BELLWIRE_API_KEYS",
        `must have secrets of at least ${MIN_KEY_LENGTH} characters: create one with ` +
          "`openssl rand -hex 24`",
      );
      return [];
    }
    owners.set(secret, name);
    keys.push({ name, secret });
  }
  if (keys.length === 0) variables.fail("BELLWIRE_API_KEYS", KEYS_FORM);
  return keys;
}

/** The origins of pages that may connect, each in the form that browsers send. */
export function readOrigins(variables: Variables): AllowedOrigins {
  const entries = variables.list("BELLWIRE_ALLOWED_ORIGINS");
  if (entries.length === 0) return "same-origin";
  if (entries.includes("*")) return "*";
  const origins: string[] = [];
  for (const [i, entry] of entries.entries()) {
    const origin = readOrigin(entry);
    if (typeof origin === "string") origins.push(origin);
    else {
      const problem = `has an entry (number ${i + 1}) that ${origin.problem}`;
      variables.fail("BELLWIRE_ALLOWED_ORIGINS", problem);
    }
  }
  return [...new Set(origins)];
}
