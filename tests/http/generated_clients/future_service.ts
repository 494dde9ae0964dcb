import type { Service } from "../../drivers/service.ts";

/** The path that a later version refuses with a code that is not known yet. */
const UNKNOWN_CODE = "/v1/users/from-the-future/presence";
/** A notification that a later version says has a state that is not known yet. */
const UNKNOWN_STATE = "/v1/notifications/00000000-0000-7000-8000-00000000f00d";

const NEW_FIELD = { fromTheFuture: { since: "2.0" } };

/**
 * A service as a later version may be (G-4): it passes calls on, adds a field to each object that is
 * answered, and knows a code and a state more.
 */
export class FutureService implements AsyncDisposable {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(service: Service) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        const { pathname, search } = new URL(request.url);
        if (pathname === UNKNOWN_CODE) return refusal();
        if (pathname === UNKNOWN_STATE) return state(UNKNOWN_STATE);
        const { method } = request;
        const headers = new Headers(request.headers);
        headers.delete("host");
        const body = method === "GET" ? null : await request.bytes();
        const answer = await service.fetch(pathname + search, { method, headers, body });
        return await withNewField(answer);
      },
    );
  }

  get url(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

async function withNewField(answer: Response): Promise<Response> {
  const { status } = answer;
  const text = await answer.text();
  if (text === "") return new Response(null, { status });
  const contentType = answer.headers.get("content-type") ?? "";
  // Not within `data`, which is the publisher's.
  const value = JSON.parse(text, (key, value) => {
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject && key !== "data" ? { ...value, ...NEW_FIELD } : value;
  });
  return Response.json(value, { status, headers: { "content-type": contentType } });
}

function refusal(): Response {
  const problem = {
    type: "https://bellwire.example/problems/from-the-future",
    title: "Forbidden",
    status: 403,
    code: "from_the_future",
    detail: "A later version says so",
    ...NEW_FIELD,
  };
  const headers = { "content-type": "application/problem+json" };
  return Response.json(problem, { status: 403, headers });
}

function state(path: string): Response {
  const id = path.split("/").at(-1);
  return Response.json({ id, state: "from_the_future", deliveries: [], next: null, ...NEW_FIELD });
}
