import type { Facts } from "./facts.ts";
import type { Variables } from "./variables.ts";

/** Where everything is kept. */
export type KvConfig =
  | { readonly kind: "file"; readonly path: string }
  /** A `denokv` server. */
  | { readonly kind: "server"; readonly url: string }
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
  if (/^https?:\/\//i.test(value)) {
    if (URL.parse(value) === null) variables.fail("BELLWIRE_KV", FORM);
    if (variables.text("DENO_KV_ACCESS_TOKEN") === undefined) {
      variables.fail(
        "DENO_KV_ACCESS_TOKEN",
        "is missing: the access token that the denokv server was started with",
      );
    }
    return { kind: "server", url: value };
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(value) || value.startsWith(":") || value.endsWith("/")) {
    variables.fail("BELLWIRE_KV", FORM);
  }
  return { kind: "file", path: value };
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
