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
