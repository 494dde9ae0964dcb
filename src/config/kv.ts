import type { Facts } from "./facts.ts";
import type { Variables } from "./variables.ts";

/** Where everything is kept. */
export type KvConfig =
  | { readonly kind: "file"; readonly path: string }
  /** A `denokv` server. */
  | { readonly kind: "server"; readonly url: string; readonly accessToken?: string }
  /** The KV that Deno Deploy gives to the app. */
  | { readonly kind: "deploy" };

const FORM =
  "must be a file path such as ./data/bellwire.db, the address of a denokv server such " +
  "as http://127.0.0.1:4512, or deploy";

/** Reads which KV to use; a server needs its token too. */
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
      "can't begin with ~, which only a shell knows: write the whole path",
    );
  } else if (/^[a-z][a-z0-9+.-]+:\/\//i.test(value) || /^:|[/\\]$|[\r\n\0]/.test(value)) {
    variables.fail("BELLWIRE_KV", FORM);
  }
  return { kind: "file", path: value };
}

/** It gets into a header field. */
const TOKEN = /^[\x20-\x7e]{1,4096}$/;

function readServer(variables: Variables, value: string): KvConfig {
  const url = URL.parse(value);
  if (url === null || url.search !== "" || url.hash !== "") variables.fail("BELLWIRE_KV", FORM);
  else if (url.username !== "" || url.password !== "") {
    variables.fail(
      "BELLWIRE_KV",
      "must not hold a user name: the token is in DENO_KV_ACCESS_TOKEN",
    );
  }
  if (!variables.isGiven("DENO_KV_ACCESS_TOKEN")) {
    variables.fail(
      "DENO_KV_ACCESS_TOKEN",
      "is missing: the access token that the denokv server was started with",
    );
  }
  const accessToken = variables.text("DENO_KV_ACCESS_TOKEN");
  if (accessToken !== undefined && !TOKEN.test(accessToken)) {
    variables.fail("DENO_KV_ACCESS_TOKEN", "must be printable ASCII, on one line");
  }
  return {
    kind: "server",
    // Deno takes only a scheme in small letters for that of a server.
    url: value.replace(/^https?/i, (scheme) => scheme.toLowerCase()),
    ...(accessToken === undefined ? {} : { accessToken }),
  };
}

/** How the KV is called in messages. */
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
