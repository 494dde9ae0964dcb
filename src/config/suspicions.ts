import {
  type Environment,
  fileOf,
  isQuoted,
  NAMES,
  readEnvironment,
  VARIABLES,
} from "./variables.ts";

/** A value, or the name of a variable, that is allowed but probably a mistake. */
export interface Suspicion {
  readonly variable: string;
  /** Continues a sentence that begins with the variable's name; never has its value. */
  readonly reason: string;
}

/** Variables of other programs whose names begin like ours. */
const OF_OTHERS = [
  // deploy/Caddyfile and compose.yaml
  /^BELLWIRE_(SITE|UPSTREAMS|PROXY_\w+)$/,
  // Kubernetes sets these in pods of a namespace that has a service called `bellwire`.
  /^BELLWIRE_\w*(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP))/,
];
const OF_KUBERNETES = /^(tcp|udp):\/\//;
/** A name that differs in a larger share of its letters is not suggested. */
const ALIKE = 0.4;

/**
 * Finds values in quotation marks, and unknown names that begin like ours.
 *
 * @param env the whole environment, or the part that may be read
 */
export function findSuspicions(env: Environment): Suspicion[] {
  const found: Suspicion[] = [];
  for (const [variable, value] of Object.entries(env)) {
    if (value === undefined || value.trim() === "") continue;
    if (NAMES.includes(variable)) {
      if (isQuoted(value)) found.push({ variable, reason: QUOTED });
    } else if (isOurs(variable, value)) {
      found.push({ variable, reason: `is no variable of Bellwire. ${didYouMean(variable)}` });
    }
  }
  return found;
}

/** Finds likely mistakes in the environment of this process. */
export function suspicionsOfProcess(): Suspicion[] {
  const mayReadAll = Deno.permissions.querySync({ name: "env" }).state === "granted";
  const env = mayReadAll ? Deno.env.toObject() : readEnvironment([...NAMES, ...likelyMistakes()]);
  return findSuspicions(env);
}

const QUOTED =
  "has quotation marks, which count as part of the value: env files, such as Docker's, keep " +
  "the quotation marks that a shell removes";

function isOurs(variable: string, value: string): boolean {
  return variable.startsWith("BELLWIRE_") && !OF_KUBERNETES.test(value) &&
    !OF_OTHERS.some((pattern) => pattern.test(variable));
}

function didYouMean(variable: string): string {
  const unprefixed = variable.slice("BELLWIRE_".length);
  if ((VARIABLES as readonly string[]).includes(unprefixed)) return `Did you mean ${unprefixed}?`;
  const [nearest, distance] = NAMES.map((name) => [name, editDistance(name, variable)] as const)
    .reduce((best, next) => next[1] < best[1] ? next : best);
  const most = ALIKE * unprefixed.length;
  return distance <= most
    ? `Did you mean ${nearest}?`
    : "See docs/configuration.md for all of them.";
}

const LETTERS = [..."ABCDEFGHIJKLMNOPQRSTUVWXYZ_"];
const UNITS = ["MS", "SECONDS", "MINUTES", "HOURS", "DAYS"];
const PREFIX = "BELLWIRE_";

/**
 * Misspellings of our names: one letter added, left out, replaced or swapped with its neighbour; one word or
 * unit added, left out or replaced. The tasks may read variables that begin with `BELLWIRE_`, but not list
 * them.
 */
export function likelyMistakes(): Set<string> {
  const mistakes = new Set<string>();
  for (const name of VARIABLES) {
    if (!name.startsWith(PREFIX)) {
      mistakes.add(PREFIX + name);
      continue;
    }
    mistakes.add(fileOf(name));
    for (const rest of misspellings(name.slice(PREFIX.length))) mistakes.add(PREFIX + rest);
  }
  for (const name of NAMES) mistakes.delete(name);
  return mistakes;
}

function* misspellings(name: string): Generator<string> {
  for (let i = 0; i <= name.length; i++) {
    const before = name.slice(0, i);
    const after = name.slice(i);
    yield before + after.slice(1);
    yield before + after.slice(1, 2) + after.slice(0, 1) + after.slice(2);
    for (const letter of LETTERS) {
      yield before + letter + after;
      yield before + letter + after.slice(1);
    }
  }
  const words = name.split("_");
  for (const [i, word] of words.entries()) {
    const instead = (...others: string[]) => words.toSpliced(i, 1, ...others).join("_");
    yield instead();
    if (UNITS.includes(word)) { for (const unit of UNITS) yield instead(unit); }
  }
  for (const unit of UNITS) yield [...words, unit].join("_");
  yield [words.slice(1), words.slice(0, 1)].flat().join("_");
}

/**
 * The number of letters to insert, delete or replace to turn one text into the other (Levenshtein).
 *
 * @example
 * ```ts
 * editDistance("ORIGIN", "ORIGINS"); // 1
 * ```
 */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
