// @ts-check

/**
 * The command that publishes the same from a shell.
 *
 * @param {{ url: string, key: string, body: unknown }} call
 * @returns {string} for any POSIX shell
 */
export function curlCommand({ url, key, body }) {
  return [
    `curl -H ${quote(`Authorization: Bearer ${key}`)} \\`,
    `  -d ${quote(JSON.stringify(body))} \\`,
    `  ${quote(url)}`,
  ].join("\n");
}

/**
 * Within single quotes a shell takes everything as it is, except their end.
 *
 * @param {string} text
 */
function quote(text) {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
