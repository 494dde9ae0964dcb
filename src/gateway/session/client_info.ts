import { calledHost } from "../../auth/origins.ts";

/** From where a connection was made, as its request said. It is kept until the connection is welcomed. */
export interface ClientInfo {
  readonly origin?: string;
  readonly host?: string;
  /** Of the connection: a proxy's, where there is one. */
  readonly address?: string;
}

/** Callers make up what they send, and many of them may never say hello. */
const TEXT_MAX = 200;

/** Reads it before the upgrade; afterwards headers can't be read. */
export function clientInfoOf(request: Request, info: Partial<Deno.ServeHandlerInfo>): ClientInfo {
  const origin = request.headers.get("origin");
  const host = calledHost(request);
  const { remoteAddr } = info;
  return {
    ...(origin === null ? {} : { origin: short(origin) }),
    ...(host === null ? {} : { host: short(host) }),
    ...(remoteAddr?.transport === "tcp" ? { address: remoteAddr.hostname } : {}),
  };
}

/** A part of a long text would keep all of it in memory. */
function short(text: string): string {
  return text.length <= TEXT_MAX ? text : `(longer than ${TEXT_MAX} characters)`;
}
