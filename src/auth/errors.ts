/** The token is not one that this service accepts: malformed, wrongly signed, or with the wrong claims. */
export class InvalidToken extends Error {
  override readonly name = "InvalidToken";
  readonly code = "unauthorized";
  /** @param message what is wrong, in words that hold nothing of the token */
  constructor(message = "The token is not valid", options?: ErrorOptions) {
    super(message, options);
  }
}

/** The token is genuine and its time is up; a new one will do. */
export class TokenExpired extends Error {
  override readonly name = "TokenExpired";
  readonly code = "token_expired";
  constructor() {
    super("The token has expired");
  }
}

/** The token is genuine, and somebody has had it refused. */
export class TokenRevoked extends Error {
  override readonly name = "TokenRevoked";
  readonly code = "unauthorized";
  constructor() {
    super("The token was revoked");
  }
}

/** The token may be good: the issuer's keys that would tell can't be had at the moment. */
export class KeysUnavailable extends Error {
  override readonly name = "KeysUnavailable";
  readonly code = "unavailable";
  /** @param retryAfterMs when it is worth to try again */
  constructor(readonly retryAfterMs: number, options?: ErrorOptions) {
    super("The keys of the tokens' issuer (BELLWIRE_JWKS_URL) can't be had at the moment", options);
  }
}

/** The call carries no credentials, or none that open this call. */
export class Unauthorized extends Error {
  override readonly name = "Unauthorized";
  readonly code = "unauthorized";
  constructor(message: string) {
    super(message);
  }
}

/** The credentials are good, but they are for other calls. */
export class Forbidden extends Error {
  override readonly name = "Forbidden";
  readonly code = "forbidden";
  constructor(message: string) {
    super(message);
  }
}
