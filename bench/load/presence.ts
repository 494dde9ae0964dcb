import { credentials } from "../credentials.ts";
import { HttpConnection } from "./http_connection.ts";

const decoder = new TextDecoder();

/** On how many instances each of the users has a device, as Bellwire itself says. */
export async function presenceOf(
  users: readonly string[],
  { port }: { port: number },
): Promise<number[]> {
  const connection = await HttpConnection.open(port);
  const found: number[] = [];
  for (const user of users) {
    const { status, body } = await connection.send(
      `GET /v1/users/${user}/presence HTTP/1.1\r\nHost: 127.0.0.1\r\n` +
        `Authorization: Bearer ${credentials.publisherSecret}\r\n\r\n`,
    );
    const text = decoder.decode(body);
    if (status !== 200) throw new Error(`No presence of ${user}: ${status} ${text}`);
    found.push((JSON.parse(text) as { instances: number }).instances);
  }
  connection.close();
  return found;
}
