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
  { certPath, keyPath }: { certPath: string; keyPath: string },
): Promise<TlsFiles> {
  const [cert, key] = await Promise.all([
    readPem("BELLWIRE_TLS_CERT", certPath),
    readPem("BELLWIRE_TLS_KEY", keyPath),
  ]);
  check({ cert, key });
  return { cert, key };
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
