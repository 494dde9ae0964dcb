import { X509Certificate } from "node:crypto";
import type { Suspicion } from "./suspicions.ts";
import type { Variables } from "./variables.ts";

/** Paths of PEM files. */
export interface TlsPaths {
  readonly certPath: string;
  readonly keyPath: string;
}

/** Reads where the certificate and its key are; both or neither are given. */
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

/** A path is told where it leads to nothing, which a private key must never be. */
function readPath(
  variables: Variables,
  variable: "BELLWIRE_TLS_CERT" | "BELLWIRE_TLS_KEY",
): string | undefined {
  const path = variables.text(variable);
  if (path !== undefined && /-----BEGIN|[\r\n\0]/.test(path)) {
    variables.fail(variable, `${FORM}, and not what is in it`);
  }
  return path;
}

/** The certificate or its key can't be used; the message says what is wrong with which. */
export class TlsUnusable extends Error {
  override readonly name = "TlsUnusable";
}

/** PEM texts. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/**
 * Reads the files that `BELLWIRE_TLS_CERT` and `BELLWIRE_TLS_KEY` name, and makes sure that they can be
 * used. Rejects with {@link TlsUnusable}.
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
/** Whoever renews certificates does so weeks before. */
const ENDS_SOON_MS = 7 * DAY_MS;

/**
 * Whether a certificate is one that clients take at the moment, as far as its time tells.
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

/** It is served all the same where Node's reader is more particular than what serves it. */
function timesOf(cert: string): Pick<X509Certificate, "validFrom" | "validTo"> | undefined {
  try {
    return new X509Certificate(cert);
  } catch {
    return undefined;
  }
}

/** Only by listening with them Deno says whether they are what they should be. */
function check(files: TlsFiles): void {
  try {
    Deno.listenTls({ hostname: "127.0.0.1", port: 0, ...files }).close();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TlsUnusable(
      `BELLWIRE_TLS_CERT and BELLWIRE_TLS_KEY are no PEM certificate and its key: ${reason}`,
      { cause },
    );
  }
}

async function readPem(variable: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TlsUnusable(`${variable}: ${path} can't be read. ${reason}`, { cause });
  }
}
