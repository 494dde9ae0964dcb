/**
 * What a call of a {@link Bell} rejects with, and why a connection was closed for good. Decide by
 * `code`: one of the service's (`forbidden`, `invalid_request`, `too_many_topics`, …), or of this
 * client's:
 *
 * | `code` | |
 * | --- | --- |
 * | `closed` | the bell was closed, or its user logged out |
 * | `unreachable` | the service can't be reached just now |
 * | `not_found` | what was marked is not in the snapshot |
 * | `gone` | the stream was made anew since, so that the mark means nothing any more |
 * | `signed_out` | `getToken` threw `Unauthorized` |
 *
 * @example
 * ```ts
 * try {
 *   throw new BellwireError("forbidden", "The token does not allow this topic");
 * } catch (error) {
 *   if (!(error instanceof BellwireError) || error.code !== "forbidden") throw error;
 * }
 * ```
 */
export class BellwireError extends Error {
  override readonly name = "BellwireError";

  constructor(
    readonly code: string,
    message: string,
    /** `closeCode`: of the connection, where it was closed with one */
    options: { readonly closeCode?: number; readonly cause?: unknown } = {},
  ) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.closeCode = options.closeCode;
  }

  /** The code with which the service closed the connection, 4500–4999. */
  readonly closeCode: number | undefined;
}

/**
 * For `getToken` to throw: nobody is signed in, and asking again is of no use.
 *
 * @example
 * ```ts
 * async function getToken(): Promise<string> {
 *   const answer = await fetch("/token");
 *   if (answer.status === 401) throw new Unauthorized();
 *   return await answer.text();
 * }
 * ```
 */
export class Unauthorized extends Error {
  override readonly name = "Unauthorized";

  constructor(message = "Nobody is signed in") {
    super(message);
  }
}

const CLOSINGS: Readonly<Record<number, readonly [code: string, message: string]>> = {
  4500: ["invalid_token", "The service refused the token: is it signed with its secret?"],
  4501: ["protocol_error", "The service did not understand this client: are both up to date?"],
  4503: ["revoked", "The token was revoked"],
  4504: ["too_many_connections", "This user has as many connections as are allowed"],
  4507: ["forbidden", "This origin may not connect: list it in BELLWIRE_ALLOWED_ORIGINS"],
  4508: ["unsupported_version", "The service does not speak bellwire.v1"],
  4509: ["payload_too_large", "A message was larger than 64 KiB"],
};

/** The error of a connection that was closed for good. */
export function closingError(closeCode: number, reason: string): BellwireError {
  const [code, message] = CLOSINGS[closeCode] ?? ["refused", "The service closed the connection"];
  return new BellwireError(code, reason ? `${message} (${reason})` : message, { closeCode });
}
