// @ts-check

/**
 * The command that publishes the same from a shell.
 *
 * @param {{ url: string, headers: Record<string, string>, body: unknown }} call
 * @returns {string} for any POSIX shell
 */
export function curlCommand({ url, headers, body }) {
  const [first, ...others] = Object.entries(headers).map(([name, value]) =>
    `-H ${quote(`${name}: ${value}`)}`
  );
  return [
    `curl ${first}`,
    ...others,
    `-d ${quote(JSON.stringify(body, null, 2).replaceAll("\n", "\n  "))}`,
    quote(url),
  ].join(" \\\n  ");
}

/**
 * Within single quotes a shell takes everything as it is, except their end.
 *
 * @param {string} text
 */
function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
