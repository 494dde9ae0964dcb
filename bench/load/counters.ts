import { HttpConnection } from "./http_connection.ts";

const decoder = new TextDecoder();

/** What Bellwire counts about itself, by the name and labels of each series. */
export async function readCounters(port: number): Promise<ReadonlyMap<string, number>> {
  const connection = await HttpConnection.open(port);
  const { status, body } = await connection.send(
    "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
  );
  if (status !== 200) throw new Error(`No metrics: ${status}`);
  const lines = decoder.decode(body).split("\n").filter((line) => /^\w/.test(line));
  connection.close();
  return new Map(lines.map((line) => {
    const end = line.lastIndexOf(" ");
    return [line.slice(0, end), Number(line.slice(end + 1))];
  }));
}

/** Commits that an instance has sent to its KV, for whatever reason. */
export async function kvCommits(port: number): Promise<number> {
  const name = 'bellwire_kv_call_duration_seconds_count{call="commit"}';
  return (await readCounters(port)).get(name) ?? NaN;
}
