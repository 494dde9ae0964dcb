import type { Facts } from "./facts.ts";
import type { Variables } from "./variables.ts";

/** The KV that holds all data. */
export type KvConfig =
  | { readonly kind: "file"; readonly path: string }
  /** A `denokv` server. */
  | { readonly kind: "server"; readonly url: string; readonly accessToken?: string }
  /** The KV database that is attached to the app on Deno Deploy. */
  | { readonly kind: "deploy" };

const FORM =
  "must be a file path such as ./data/bellwire.db, the address of a denokv server such " +
  "as http://127.0.0.1:4512, or deploy";

/** Reads which KV to use. A server needs an access token too. */
export function readKv(variables: Variables, facts: Facts): KvConfig {
  const value = variables.text("BELLWIRE_KV") ??
    (facts.deploy ? "deploy" : "./data/bellwire.db");
  if (value === "deploy") {
    if (!facts.deploy) variables.fail("BELLWIRE_KV", "can be deploy only on Deno Deploy");
    return { kind: "deploy" };
  }
  if (/^https?:\/\//i.test(value)) return readServer(variables, value);
  if (/^~/.test(value)) {
    variables.fail(
      "BELLWIRE_KV",
      "must not begin with ~, which only shells replace: write the whole path",
    );
  } else if (/^[a-z][a-z0-9+.-]+:\/\//i.test(value) || /^:|[/\\]$|[\r\n\0]/.test(value)) {
    variables.fail("BELLWIRE_KV", FORM);
  }
  return { kind: "file", path: value };
}

/** The token is sent in a header field. */
const TOKEN = /^[\x20-\x7e]{1,4096}$/;

function readServer(variables: Variables, value: string): KvConfig {
  const url = URL.parse(value);
  if (url === null || url.search !== "" || url.hash !== "") variables.fail("BELLWIRE_KV", FORM);
  else if (url.username !== "" || url.password !== "") {
    variables.fail(
      "BELLWIRE_KV",
      "must not have a user name: set the token in DENO_KV_ACCESS_TOKEN",
    );
  }
  if (!variables.isGiven("DENO_KV_ACCESS_TOKEN")) {
    variables.fail(
      "DENO_KV_ACCESS_TOKEN",
      "is missing: set the access token that the denokv server was started with",
    );
  }
  const accessToken = variables.text("DENO_KV_ACCESS_TOKEN");
  if (accessToken !== undefined && !TOKEN.test(accessToken)) {
    variables.fail("DENO_KV_ACCESS_TOKEN", "must be printable ASCII, on one line");
  }
  return {
    kind: "server",
    // Deno recognizes the address of a server only by a scheme in lower case.
    url: value.replace(/^https?/i, (scheme) => scheme.toLowerCase()),
    ...(accessToken === undefined ? {} : { accessToken }),
  };
}

/** The name of the KV in messages. */
export function describeKv(kv: KvConfig): string {
  switch (kv.kind) {
    case "file":
      return kv.path;
    case "server":
      return kv.url;
    case "deploy":
      return "Deno Deploy's KV";
  }
}
