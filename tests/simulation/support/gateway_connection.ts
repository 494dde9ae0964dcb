import type { Inbound } from "../../../src/gateway/session/inbound.ts";
import type { Session } from "../../../src/gateway/session/session.ts";
import type { Note, Watched } from "./connection_laws.ts";
import type { FakeTransport } from "../../fakes/fake_transport.ts";
import type { Machine } from "../../fakes/machine.ts";

/** One connection, seen from its peer. */
export interface Connection {
  readonly transport: FakeTransport<Note>;
  readonly session: Session;
  readonly inbound: Inbound;
  readonly watched: Watched;
  /** Where it was made to. */
  readonly machine: Machine;
  /** Sends a message, as far as there is somebody to take it in. */
  readonly say: (message: string) => void;
  /** The server is told that the peer has gone, as far as it is there. */
  readonly lose: () => void;
}
