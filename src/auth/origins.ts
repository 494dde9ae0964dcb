/** Which browser origins may call: those of the service itself, all, or a list such as `https://app.example`. */
export type AllowedOrigins = "same-origin" | "*" | readonly string[];

/**
 * Says whether a request with this `Origin` and `Host` header may go on. Requests without an `Origin`
 * don't come from a browser's page and are always let through.
 */
export type OriginCheck = (headers: { origin: string | null; host: string | null }) => boolean;

/**
 * Makes the check of the `Origin` header. A listed origin is allowed besides the service's own one.
 *
 * Only host and port decide what "same" is, not the scheme: behind a proxy that ends TLS the
 * service can't see which scheme the browser used.
 *
 * @example
 * ```ts
 * const allowed = createOriginCheck(["https://app.example"]);
 * allowed({ origin: "https://app.example", host: "bell.example" }); // true
 * allowed({ origin: "https://evil.example", host: "bell.example" }); // false
 * ```
 */
export function createOriginCheck(allowed: AllowedOrigins): OriginCheck {
  if (allowed === "*") return () => true;
  const listed = new Set(allowed === "same-origin" ? [] : allowed.map(normalize));
  return ({ origin, host }) => {
    if (origin === null) return true;
    const url = URL.parse(origin);
    if (url === null || url.origin === "null") return false;
    if (listed.has(url.origin)) return true;
    return host !== null && URL.parse(`${url.protocol}//${host}`)?.host === url.host;
  };
}

/**
 * The host and port that a request was sent to. HTTP/2 has no `Host` header: there the URL says it.
 *
 * @returns null where neither says it
 */
export function calledHost({ headers, url }: Request): string | null {
  return headers.get("host") ?? URL.parse(url)?.host ?? null;
}

function normalize(origin: string): string {
  return URL.parse(origin)?.origin ?? origin;
}
