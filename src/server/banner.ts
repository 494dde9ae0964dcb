import { resolve } from "node:path";

export interface BannerOptions {
  readonly url: string;
  readonly publisherKey: string;
  /** The path or the address of the KV. */
  readonly data: string;
  readonly secretsPath: string;
  /** Whether the terminal shows colours. */
  readonly color: boolean;
}

/** The text that dev mode prints after the start: the address, a first call and a warning. */
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
    warning("  DEV MODE: every program on this machine can read and publish everything over this"),
    warning("  port. The token secret and the key above were generated, and are kept in"),
    warning(`  ${resolve(secretsPath)}.`),
    warning("  In production set BELLWIRE_JWT_SECRET and BELLWIRE_API_KEYS."),
    "",
    "",
  ].join("\n");
}
