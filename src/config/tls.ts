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
