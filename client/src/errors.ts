import type { FinalCloseCode } from "../../protocol/close_codes.ts";

/**
 * What a call of a {@link Bell} rejects with, and why a connection was closed for good. Decide by
 * `code`: one of the service's (`forbidden`, `invalid_request`, `too_many_topics`, …), or of this
 * client's:
 *
 * | `code` | |
 * | --- | --- |
 * | `closed` | the bell was closed, or its user logged out |
 * | `unreachable` | the service can't be reached just now, or `getToken` has failed |
 * | `payload_too_large` | what was asked for is more than the service takes at once |
 * | `not_found` | what was marked is not in the snapshot |
 * | `gone` | the stream was made anew since, so that the mark means nothing any more |
 * | `signed_out` | `getToken` threw `Unauthorized`, or `logout()` was called |
 * | `invalid_token`, `revoked`, `too_many_connections`, `protocol_error`, `unsupported_version`, `refused` | why the service closed the connection for good |
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
  declare readonly code: string;
  /** The code with which the service closed the connection, 4500–4999. */
  declare readonly closeCode: number | undefined;

  constructor(
    code: string,
    message: string,
    /** `closeCode`: of the connection, where it was closed with one */
    options: { readonly closeCode?: number | undefined; readonly cause?: unknown } = {},
  ) {
    super(message, options);
    this.code = code;
    this.closeCode = options.closeCode;
  }
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

  constructor(message = "Signed out") {
    super(message);
  }
}

/** Codes of this client's errors, by the close codes that tell a client not to reconnect. */
const CODES: Readonly<Record<FinalCloseCode, string>> = {
  4500: "invalid_token",
  4501: "protocol_error",
  4503: "revoked",
  4504: "too_many_connections",
  4507: "forbidden",
  4508: "unsupported_version",
  4509: "payload_too_large",
};

/** The error of a connection that was closed for good. @param reason the service's own words */
export function closingError(closeCode: number, reason: string): BellwireError {
  return new BellwireError(CODES[closeCode as FinalCloseCode] ?? "refused", reason, { closeCode });
}

/**
 * Gives what a browser has; undefined where it may not be used. Browsers throw at the mere look at some of
 * it: in sandboxed frames, in frames of other sites, or where the user has blocked a site's data.
 */
export function safely<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}
