import type { Dialect } from "./dialect.ts";
import { HttpConnection } from "./http_connection.ts";

/** It waits a random part of what doubles from the first to the second, or it would add to an overload. */
const BACK_OFF_MIN_MS = 50;
const BACK_OFF_MAX_MS = 2000;

/**
 * Publishes at any of several instances, and where one hangs up or says 503, again at the next one
 * under the same idempotency key, as the documentation asks publishers to.
 */
export class StubbornPublisher {
  readonly #ports: readonly number[];
  readonly #dialect: Dialect;
  readonly #idle = new Map<number, HttpConnection[]>();
  readonly #tries: number;

  /** @param options `tries`: after so many without a 201 a publish is given up */
  constructor(
    { ports, dialect, tries }: { ports: readonly number[]; dialect: Dialect; tries: number },
  ) {
    this.#ports = ports;
    this.#dialect = dialect;
    this.#tries = tries;
    for (const port of ports) this.#idle.set(port, []);
  }

  /** Says whether it was answered 201 in the end. */
  async publish(user: string, n: number): Promise<boolean> {
    const request = this.#dialect.publish({ user }, n, `publish-${n}`);
    for (let tries = 0; tries < this.#tries; tries++) {
      const port = this.#ports[(n + tries) % this.#ports.length] as number;
      if (await this.#send(port, request) === 201) return true;
      const longest = Math.min(BACK_OFF_MAX_MS, BACK_OFF_MIN_MS * 2 ** tries);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * longest));
    }
    return false;
  }

  close(): void {
    for (const connections of this.#idle.values()) {
      for (const connection of connections) connection.close();
    }
  }

  /** The status; undefined where the instance is gone. */
  async #send(port: number, request: string): Promise<number | undefined> {
    const idle = this.#idle.get(port) as HttpConnection[];
    let connection: HttpConnection | undefined;
    try {
      connection = idle.pop() ?? await HttpConnection.open(port);
      const { status } = await connection.send(request);
      idle.push(connection);
      return status;
    } catch {
      // Whatever it was, the connection is of no more use, and the answer is not known.
      connection?.close();
      return undefined;
    }
  }
}
