import { X509Certificate } from "node:crypto";
import type { Suspicion } from "./suspicions.ts";
import type { Variables } from "./variables.ts";
import { StartError } from "../errors.ts";

/** Paths of PEM files. */
export interface TlsPaths {
  readonly certPath: string;
  readonly keyPath: string;
}

/** Reads the paths of the certificate and its key; both are set, or neither. */
export function readTlsPaths(variables: Variables): TlsPaths | undefined {
  const certPath = readPath(variables, "BELLWIRE_TLS_CERT");
  const keyPath = readPath(variables, "BELLWIRE_TLS_KEY");
  if (certPath !== undefined && keyPath !== undefined) return { certPath, keyPath };
  if (certPath !== undefined) {
    variables.fail("BELLWIRE_TLS_KEY", `${FORM}, as BELLWIRE_TLS_CERT is set`);
  }
  if (keyPath !== undefined) {
    variables.fail("BELLWIRE_TLS_CERT", `${FORM}, as BELLWIRE_TLS_KEY is set`);
  }
  return undefined;
}

const FORM = "must be the path of a PEM file";

/** Errors name a path that does not exist, so the value must not be the private key itself. */
function readPath(
  variables: Variables,
  variable: "BELLWIRE_TLS_CERT" | "BELLWIRE_TLS_KEY",
): string | undefined {
  const path = variables.text(variable);
  if (path !== undefined && /-----BEGIN|[\r\n\0]/.test(path)) {
    variables.fail(variable, `${FORM}, not its content`);
  }
  return path;
}

/** PEM texts. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads the files of `BELLWIRE_TLS_CERT` and `BELLWIRE_TLS_KEY`, and checks that the service can use them.
 * Rejects with {@link StartError}.
 */
export async function readTls(
  { certPath, keyPath }: TlsPaths,
): Promise<TlsFiles> {
  const [cert, key] = await Promise.all([
    readPem("BELLWIRE_TLS_CERT", certPath),
    readPem("BELLWIRE_TLS_KEY", keyPath),
  ]);
  check({ cert, key });
  return { cert, key };
}

const DAY_MS = 86_400_000;
/** Certificates are normally renewed weeks before they end. */
const ENDS_SOON_MS = 7 * DAY_MS;

/**
 * Checks the dates of a certificate.
 *
 * @param now milliseconds since the epoch
 */
export function checkCertificate({ cert }: TlsFiles, now: number): Suspicion | undefined {
  const times = timesOf(cert);
  if (times === undefined) return undefined;
  const { validFrom, validTo } = times;
  const ends = Date.parse(validTo);
  const variable = "BELLWIRE_TLS_CERT";
  if (now < Date.parse(validFrom)) return { variable, reason: `is not valid before ${validFrom}` };
  if (now >= ends) return { variable, reason: `has been invalid since ${validTo}` };
  if (ends - now < ENDS_SOON_MS) return { variable, reason: `is valid only until ${validTo}` };
  return undefined;
}

/** Undefined if Node cannot read the certificate; Deno's server is less strict and may still use it. */
function timesOf(cert: string): Pick<X509Certificate, "validFrom" | "validTo"> | undefined {
  try {
    return new X509Certificate(cert);
  } catch {
    return undefined;
  }
}

/** Deno checks a certificate and its key only when it listens with them. */
function check(files: TlsFiles): void {
  try {
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...files }).close();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(
      `BELLWIRE_TLS_CERT and BELLWIRE_TLS_KEY are not a PEM certificate and its key: ${reason}`,
      { cause },
    );
  }
}

async function readPem(variable: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new StartError(`${variable}: ${path} cannot be read. ${reason}`, { cause });
  }
}
