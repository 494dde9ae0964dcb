import { type AllowedOrigins, readOrigin } from "../auth/origins.ts";
import type { Variables } from "./variables.ts";

/** Which pages may connect: each entry in the one form that browsers send. */
export function readOrigins(variables: Variables): AllowedOrigins {
  const entries = variables.list("BELLWIRE_ALLOWED_ORIGINS");
  if (entries.length === 0) return "same-origin";
  if (entries.includes("*")) return "*";
  const origins: string[] = [];
  for (const [i, entry] of entries.entries()) {
    const origin = readOrigin(entry);
    if (typeof origin === "string") origins.push(origin);
    else {variables.fail(
        "BELLWIRE_ALLOWED_ORIGINS",
        `has an entry (number ${i + 1}) that ${origin.problem}`,
      );}
  }
  return [...new Set(origins)];
}
