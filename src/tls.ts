/** The certificate or its key can't be used; the message says what is wrong with which. */
export class TlsUnusable extends Error {
  override readonly name = "TlsUnusable";
}

/** PEM texts. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

/** Reads the files that `BELLWIRE_TLS_CERT` and `BELLWIRE_TLS_KEY` name. Rejects with {@link TlsUnusable}. */
export async function readTls(
  { certPath, keyPath }: { certPath: string; keyPath: string },
): Promise<TlsFiles> {
  const [cert, key] = await Promise.all([
    readPem("BELLWIRE_TLS_CERT", certPath),
    readPem("BELLWIRE_TLS_KEY", keyPath),
  ]);
  return { cert, key };
}

/** Tells what `Deno.serve` throws about PEM texts from what it throws about the address. */
export function explainListening(error: unknown, tls: TlsFiles | undefined): unknown {
  if (tls === undefined || !(error instanceof Error)) return error;
  // A key of another certificate is a plain `Error`; errors of the address have a class each.
  if (!(error instanceof Deno.errors.InvalidData) && error.constructor !== Error) return error;
  return new TlsUnusable(
    `BELLWIRE_TLS_CERT and BELLWIRE_TLS_KEY are no PEM certificate and its key: ${error.message}`,
    { cause: error },
  );
}

async function readPem(variable: string, path: string): Promise<string> {
  try {
    return await Deno.readTextFile(path);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new TlsUnusable(`${variable}: ${path} can't be read. ${reason}`, { cause });
  }
}
