/**
 * `main.ts` on a machine whose clock is `TESTS_CLOCK_AHEAD_MS` milliseconds ahead, or so many as the
 * file `TESTS_CLOCK_FILE` says at any time.
 *
 * @module
 */
let ahead = Number(Deno.env.get("TESTS_CLOCK_AHEAD_MS") ?? 0);
const file = Deno.env.get("TESTS_CLOCK_FILE");
if (file !== undefined) {
  const look = () => ahead = Number(Deno.readTextFileSync(file));
  look();
  Deno.unrefTimer(setInterval(look, 20));
}
const Right = Date;

globalThis.Date = class extends Right {
  // deno-lint-ignore no-explicit-any -- whatever a Date can be made of
  constructor(...args: any[]) {
    // @ts-expect-error: the same overloads
    super(...(args.length === 0 ? [Right.now() + ahead] : args));
  }

  static override now(): number {
    return Right.now() + ahead;
  }
} as DateConstructor;

await import("../../main.ts");
