/**
 * `main.ts` on a machine whose clock is `TESTS_CLOCK_AHEAD_MS` milliseconds ahead.
 *
 * @module
 */
const ahead = Number(Deno.env.get("TESTS_CLOCK_AHEAD_MS"));
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
