/**
 * Which browser origins may call: those of the service itself, all, or a list of what
 * {@link readOrigin} makes, such as `https://app.example` and `https://*.app.example`.
 */
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
 * Throws a `TypeError` for an entry that no origin could match.
 *
 * @example
 * ```ts
 * const allowed = createOriginCheck(["https://app.example", "https://*.app.example"]);
 * allowed({ origin: "https://app.example", host: "bell.example" }); // true
 * allowed({ origin: "https://a.app.example", host: "bell.example" }); // true
 * allowed({ origin: "https://evil.example", host: "bell.example" }); // false
 * ```
 */
export function createOriginCheck(allowed: AllowedOrigins): OriginCheck {
  if (allowed === "*") return () => true;
  const listed = new Set<string>();
  for (const entry of allowed === "same-origin" ? [] : allowed) {
    const origin = readOrigin(entry);
    if (typeof origin !== "string") throw new TypeError(`An allowed origin ${origin.problem}`);
    listed.add(origin);
  }
  return ({ origin, host }) => {
    if (origin === null) return true;
    const url = URL.parse(origin);
    const own = url === null ? undefined : originOf(url);
    if (url === null || own === undefined || own.includes("*")) return false;
    if (listed.has(own) || listed.has(withWildcard(own))) return true;
    return isWeb(url) && host !== null && URL.parse(`${url.protocol}//${host}`)?.host === url.host;
  };
}

/** Schemes of which no page has an origin, though a URL may have them. */
const NO_PAGES = /^(wss?|ftp|file|data|blob|about|javascript|mailto):$/;

/**
 * Reads an entry of a list of allowed origins, and brings it into the form that a browser sends:
 * `https://App.example:443/` is `https://app.example`. A `*` in front of a domain stands for exactly
 * one name. Schemes other than `http` and `https` are those of apps and extensions, such as
 * `capacitor://localhost`.
 *
 * @returns what the check compares origins with, or what is wrong with the entry
 *
 * @example
 * ```ts
 * readOrigin("https://*.Example.com:443"); // "https://*.example.com"
 * readOrigin("example.com"); // { problem: "needs a scheme: https://app.example" }
 * ```
 */
export function readOrigin(entry: string): string | { readonly problem: string } {
  if (entry === "null") return { problem: "can't be null, which any page can have its origin be" };
  const [, scheme, wildcard, rest = ""] = /^([a-z][a-z0-9+.-]*:\/\/)?(\*\.)?(.*)$/is.exec(entry) ??
    [];
  if (scheme === undefined) return { problem: "needs a scheme, as in https://app.example" };
  if (rest.includes("*")) {
    return { problem: "can have one * only, as the first name of a host: https://*.app.example" };
  }
  const url = URL.parse(scheme + rest);
  const origin = url === null ? undefined : originOf(url);
  if (url === null || origin === undefined || NO_PAGES.test(url.protocol)) {
    return { problem: "must be an origin, as in https://app.example" };
  }
  if (url.pathname.length > 1 || url.search !== "" || url.hash !== "" || /[?#]/.test(rest)) {
    return { problem: "must end after the host or the port, as in https://app.example:8443" };
  }
  if (url.username !== "" || url.password !== "" || rest.includes("@")) {
    return { problem: "must not hold a user name" };
  }
  if (wildcard === undefined) return origin;
  if (!isWeb(url) || !/^(localhost|[^:[\]]+\.[^.:[\]]*[^.:[\]\d][^.:[\]]*)$/.test(url.hostname)) {
    return { problem: "can have a * only in front of a domain, as in https://*.app.example" };
  }
  return origin.replace("://", "://*.");
}

function isWeb({ protocol }: URL): boolean {
  return protocol === "https:" || protocol === "http:";
}

/** As a browser writes it. `URL` knows only the origins of the web's own schemes. */
function originOf(url: URL): string | undefined {
  if (url.host === "") return undefined;
  return url.origin === "null" ? `${url.protocol}//${url.host}`.toLowerCase() : url.origin;
}

/** The entry with a `*` that would allow this origin. */
function withWildcard(origin: string): string {
  return origin.replace(/:\/\/[^.:[\]]+\./, "://*.");
}

/**
 * The host and port that a request was sent to. HTTP/2 has no `Host` header: there the URL says it.
 *
 * @returns null where neither says it
 */
export function calledHost({ headers, url }: Request): string | null {
  return headers.get("host") ?? URL.parse(url)?.host ?? null;
}
