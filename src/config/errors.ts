/** The exit code of a start that the configuration prevents: `EX_CONFIG` of sysexits.h. */
export const CONFIG_EXIT_CODE = 78;

/** One variable that is not what it should be. */
export interface ConfigProblem {
  readonly variable: string;
  /** What it should look like; never what it is. */
  readonly expected: string;
}

/** The configuration is not usable. Holds all that is wrong, so that it is corrected in one go. */
export class ConfigErrors extends Error {
  override readonly name = "ConfigErrors";
  readonly code = "invalid_config";
  constructor(readonly problems: readonly ConfigProblem[]) {
    super(
      "The configuration is not usable:\n" +
        problems.map(({ variable, expected }) => `  ${variable} ${expected}`).join("\n"),
    );
  }
}
