// @ts-check

/**
 * Where a notification leads, if that is a place one may go to: an http(s) URL, or a path on this
 * site. The service checks it as well; a device that opens links does not rely on that.
 *
 * @param {string | undefined} url untrusted
 * @param {string} origin of the page
 * @returns {URL | undefined}
 */
export function safeLink(url, origin) {
  if (url === undefined || !/^(?:https?:\/\/|\/(?!\/))/i.test(url)) return undefined;
  const parsed = URL.parse(url, origin);
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) return undefined;
  // `/\host` starts like a path, and a browser reads it as another host.
  if (url.startsWith("/") && parsed.origin !== origin) return undefined;
  return parsed;
}
