import { editDistance } from "./edit_distance.ts";
import { type Environment, fileOf, isQuoted, NAMES, VARIABLES } from "./variables.ts";

/** Something that is allowed, and that hardly anybody means. */
export interface Suspicion {
  readonly variable: string;
  /** Goes on after the variable's name; never holds its value. */
  readonly reason: string;
}

/** What the environment may hold for others that have the same name. */
const OF_OTHERS = [
  // deploy/Caddyfile and compose.yaml
  /^BELLWIRE_(SITE|UPSTREAMS|PROXY_\w+)$/,
  // Kubernetes gives them to each pod beside a service called `bellwire`.
  /^BELLWIRE_\w*(SERVICE_(HOST|PORT)|PORT_\d+_(TCP|UDP))/,
];
const OF_KUBERNETES = /^(tcp|udp):\/\//;
/** A name that differs in more than this part of its letters was hardly meant. */
const ALIKE = 0.4;

/**
 * Finds values in quotation marks, and names that look like one of ours and are none.
 *
 * @param env all of the environment, or what could be read of it
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

const QUOTED =
  "is in quotation marks, which count as part of it: an env file, Docker's for example, " +
  "keeps what a shell takes away";

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
 * Names that a person may write instead of ours: with one letter more, less, replaced or swapped with
 * its neighbour, a word or a unit less, more or another. The tasks may read nothing
 * but variables that begin with `BELLWIRE_`, and may not ask which there are.
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
