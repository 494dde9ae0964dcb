/** What a run of `deno test` came to. */
export interface TestSummary {
  readonly passed: number;
  readonly failed: number;
  /** The names of the tests and steps that were not run. */
  readonly skipped: readonly string[];
}

// deno-lint-ignore no-control-regex -- the escapes that colour the output
const COLOUR = /\x1b\[[0-9;]*m/g;
const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/m;
const IGNORED = /^\s*(.+) \.\.\. ignored \(/gm;

/**
 * Reads what `deno test` printed. A run that prints no summary, since it crashed or could not even
 * be compiled, is one failure; so is one that failed without naming a failed test.
 */
export function summarize(output: string, { success }: { success: boolean }): TestSummary {
  const text = output.replace(COLOUR, "");
  const skipped = [...text.matchAll(IGNORED)].map(([, name = ""]) => name);
  const [, passed = "0", failed = "1"] = SUMMARY.exec(text) ?? [];
  return {
    passed: Number(passed),
    failed: success ? Number(failed) : Math.max(1, Number(failed)),
    skipped,
  };
}
