/** What a proxy of the tests has open and under way, to be ended with it. */
export class Connections {
  readonly #open = new Set<Deno.Conn>();
  readonly #underway = new Set<Promise<void>>();

  /** From now on it is closed at the end, unless it was before. */
  add(connection: Deno.Conn): void {
    this.#open.add(connection);
  }

  close(connection: Deno.Conn): void {
    this.#open.delete(connection);
    try {
      connection.close();
    } catch {
      // It is closed.
    }
  }

  /** The end waits for it. */
  track(work: Promise<void>): void {
    const tracked = work.finally(() => this.#underway.delete(tracked));
    this.#underway.add(tracked);
  }

  async end(): Promise<void> {
    for (const connection of this.#open) this.close(connection);
    await Promise.all(this.#underway);
  }
}

/** Writes all of it, however often that takes. */
export async function writeAll(connection: Deno.Conn, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
}
