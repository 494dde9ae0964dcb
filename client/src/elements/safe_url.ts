/**
 * Where a text of a publisher leads, if that is a place one may go to or load from: an http(s) URL, or a
 * path on this site.
 *
 * @param text untrusted
 * @returns an absolute URL, or undefined
 */
export function safeUrl(text: string | undefined): string | undefined {
  if (text === undefined || !/^(?:https?:\/\/|\/(?!\/))/i.test(text)) return undefined;
  let url: URL;
  try {
    url = new URL(text, location.href);
  } catch {
    return undefined;
  }
  // `/\host` starts like a path, and a browser reads it as another host.
  return text.startsWith("/") && url.origin !== location.origin ? undefined : url.href;
}
