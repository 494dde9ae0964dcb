import { HttpConnection } from "./http_connection.ts";

/**
 * Sends requests over so many connections, each its next one as soon as the one before was answered.
 * Throws where an answer is not 2xx.
 */
export async function requestAll(
  requests: Iterable<string>,
  { port, connections }: { port: number; connections: number },
): Promise<void> {
  const rest = requests[Symbol.iterator]();
  await Promise.all(Array.from({ length: connections }, async () => {
    const connection = await HttpConnection.open(port);
    for (let next = rest.next(); next.done !== true; next = rest.next()) {
      const { status } = await connection.send(next.value);
      if (status < 200 || status > 299) throw new Error(`A request was answered ${status}`);
    }
    connection.close();
  }));
}
