/** The version of the protocol that is spoken. */
export const SUBPROTOCOL = "bellwire.v1";

const TOKEN_PREFIX = "bearer.";

/** What a client offers in `Sec-WebSocket-Protocol`. */
export interface Offer {
  /** What to answer the upgrade with; never a token. */
  readonly protocol: string | undefined;
  /** Whether it is a version that is spoken here. */
  readonly supported: boolean;
  /** The JWT of `bearer.<jwt>`, if there is one. */
  readonly token: string | undefined;
}

/**
 * Chooses among the offered subprotocols. Where only unknown versions are offered one of those is
 * taken, just so that a browser gets to see the close code that says it is unknown.
 */
export function chooseSubprotocol(header: string | null): Offer {
  const offered = (header ?? "").split(",").map((part) => part.trim()).filter((part) =>
    part !== ""
  );
  const bearer = offered.find((part) => part.startsWith(TOKEN_PREFIX));
  const versions = offered.filter((part) => !part.startsWith(TOKEN_PREFIX));
  const supported = versions.length === 0 || versions.includes(SUBPROTOCOL);
  return {
    protocol: versions.includes(SUBPROTOCOL) ? SUBPROTOCOL : versions[0],
    supported,
    token: bearer?.slice(TOKEN_PREFIX.length),
  };
}
