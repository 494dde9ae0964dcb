/** Rows of a publish in bytes, and how they are committed. */
export interface RowShapes {
  readonly headBytes: number;
  readonly itemBytes: number;
  /** The row that says where a publish went. */
  readonly publishBytes: number;
  /** The row that proves that a commit was applied. */
  readonly markerBytes: number;
  /** Heads in one commit at most. */
  readonly headsPerCommit: number;
}

/** Used where no service has run before whose rows could be looked at. */
export const assumedShapes: RowShapes = {
  headBytes: 30,
  itemBytes: 280,
  publishBytes: 40,
  markerBytes: 36,
  headsPerCommit: 32,
};

/** Commits that the service has in flight at once, on a file and on a `denokv` server. */
export const COMMITS_IN_FLIGHT = { file: 2, denokv: 6 } as const;

/** A `denokv` server takes no more checks in a commit, and so no more heads. */
export const HEADS_PER_COMMIT_DENOKV = 10;
