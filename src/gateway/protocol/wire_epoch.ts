/**
 * Names of streams' incarnations as clients see them: the database's own epoch goes in front, so that
 * a database restored from a backup, which numbers events anew, makes every device start over.
 */
export class WireEpochs {
  readonly #prefix: string;

  constructor(databaseEpoch: string) {
    this.#prefix = `${databaseEpoch}.`;
  }

  toWire(epoch: string): string {
    return this.#prefix + epoch;
  }

  /** The epoch as the stream's head has it; of another database, one that no head has. */
  fromWire(epoch: string): string {
    return epoch.startsWith(this.#prefix) ? epoch.slice(this.#prefix.length) : "";
  }
}
