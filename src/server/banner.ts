import { resolve } from "node:path";

export interface BannerOptions {
  readonly url: string;
  readonly publisherKey: string;
  /** Where the data lies. */
  readonly data: string;
  readonly secretsPath: string;
  /** Whether the terminal shows colours. */
  readonly color: boolean;
}

/** What dev mode prints when it is up: where to go, what to try, and what not to do with it. */
export function banner(
  { url, publisherKey, data, secretsPath, color }: BannerOptions,
): string {
  const paint = (code: number) => (text: string) => color ? `\x1b[${code}m${text}\x1b[0m` : text;
  const bold = paint(1);
  const warning = paint(33);
  const link = paint(36);
  const curl = [
    `curl -H 'Authorization: Bearer ${publisherKey}' \\`,
    `     -d '{"to":{"user":"ada"},"title":"Build finished"}' \\`,
    `     ${url}/v1/notifications`,
  ];
  return [
    "",
    `${bold("Bellwire")} is up.`,
    "",
    `  Open     ${link(`${url}/`)}`,
    `  Publish  ${curl.join("\n           ")}`,
    `  Data     ${data.includes("://") ? data : resolve(data)}`,
    "",
    warning("  DEV MODE: anybody who reaches this port from this machine can read and publish"),
    warning("  everything. The token secret and the key above were generated; they are kept in"),
    warning(`  ${resolve(secretsPath)}.`),
    warning("  For anything real set BELLWIRE_JWT_SECRET and BELLWIRE_API_KEYS."),
    "",
    "",
  ].join("\n");
}
