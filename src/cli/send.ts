import { loadCredentials } from "../auth/credentials.ts";
import type { Config } from "../config/config.ts";
import { callLocally, NoAnswer } from "./local_call.ts";
import { CommandFailed, parseArguments, run, UsageError } from "./run.ts";

const USAGE = "Usage: deno task send <user> <title> [body]";

/**
 * Publishes one notification to the service that runs with this configuration.
 *
 * @returns the id, and the stream and number of each delivery
 * @throws {UsageError}
 * @throws {CommandFailed} if the service does not answer, or refuses the call
 * @throws {StartError}
 */
export async function send(args: readonly string[], config: Config): Promise<string> {
  const { positionals } = parseArguments(args, { usage: USAGE, names: [] });
  const [user, title, body] = positionals;
  if (user === undefined || title === undefined || positionals.length > 3) {
    throw new UsageError(USAGE);
  }
  const { apiKeys: [key] } = await loadCredentials(config);
  if (key === undefined) {
    throw new CommandFailed("No API key is configured, so nothing can be published");
  }

  const answer = await callLocally(config, {
    method: "POST",
    path: "/v1/notifications",
    headers: { "authorization": `Bearer ${key.secret}`, "content-type": "application/json" },
    body: JSON.stringify({ to: { user }, title, body }),
  }).catch((error) => {
    if (!(error instanceof NoAnswer)) throw error;
    throw new CommandFailed(
      `${error.message}: start it with \`deno task start\`, or set HOST and PORT to its address`,
      { cause: error },
    );
  });
  if (answer.status === 201) return describe(answer.body);
  throw new CommandFailed(refusal(answer));
}

function describe(body: string): string {
  const { id, deliveries } = JSON.parse(body) as {
    id: string;
    deliveries: { stream: string; seq: number }[];
  };
  return `${id} ${deliveries.map(({ stream, seq }) => `${stream} #${seq}`).join(", ")}`;
}

function refusal({ status, body }: { status: number; body: string }): string {
  if (status === 401) {
    return "The service refuses this API key: check that it runs with the same configuration";
  }
  try {
    const { detail, errors = [] } = JSON.parse(body) as {
      detail: string;
      errors?: { path: string; message: string }[];
    };
    return [detail, ...errors.map(({ path, message }) => `  ${path} ${message}`)].join("\n");
  } catch {
    return `The service answered ${status}`;
  }
}

if (import.meta.main) await run(send);
