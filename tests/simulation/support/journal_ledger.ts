import assert from "node:assert/strict";
import type { Seq } from "../../../src/domain/item.ts";
import type { StreamName } from "../../../src/domain/stream_name.ts";
import { text } from "../../../src/store/codec/bytes.ts";
import { changeCodec } from "../../../src/store/codec/records.ts";
import type { KvKey, Versionstamp } from "../../../src/kv/kv.ts";
import type { LoggedRow } from "./journal_replay.ts";
import type { Applied } from "../../fakes/memory_kv.ts";

/** What was written, and by which commit. */
export interface Written<T> {
  readonly versionstamp: Versionstamp;
  readonly value: T;
}

/** All that was ever written, sorted by what it belongs to. */
export class Ledger {
  readonly logs = new Map<StreamName, Map<Seq, Written<LoggedRow>>>();
  readonly notes = new Map<string, Written<readonly (Seq | null)[]>>();
  readonly epochs = new Map<StreamName, Set<string>>();
  readonly heads = new Map<StreamName, string[]>();
  /** By key the entries that were admitted with it. */
  readonly once = new Map<string, string[]>();

  constructor(history: readonly Applied[]) {
    for (const { versionstamp, mutations } of history) {
      for (const mutation of mutations) {
        if (mutation.kind === "set") this.#enter(mutation.key, mutation.value, versionstamp);
      }
    }
  }

  log(stream: StreamName): ReadonlyMap<Seq, Written<LoggedRow>> {
    return this.logs.get(stream) ?? new Map();
  }

  #enter(key: KvKey, bytes: Uint8Array<ArrayBuffer>, versionstamp: Versionstamp): void {
    const json = () => JSON.parse(text(bytes));
    switch (key[0]) {
      case "item":
        this.#row(key, { versionstamp, value: { kind: "item", id: json().id } });
        break;
      case "change": {
        const change = changeCodec.decode(bytes);
        this.#row(key, { versionstamp, value: { kind: "change", change } });
        break;
      }
      case "head": {
        const stream = key[1] as StreamName;
        this.heads.set(stream, [...this.heads.get(stream) ?? [], bytes.toHex()]);
        break;
      }
      case "note": {
        const token = key[1] as string;
        assert(!this.notes.has(token), `${token} took effect twice`);
        this.notes.set(token, { versionstamp, value: json() });
        break;
      }
      case "idempotency": {
        const admitted = this.once.get(key[2] as string) ?? [];
        this.once.set(key[2] as string, [...admitted, text(bytes)]);
        break;
      }
    }
  }

  #row(key: KvKey, row: Written<LoggedRow>): void {
    const [, stream, epoch, seq] = key as unknown as [string, StreamName, string, Seq];
    this.epochs.set(stream, (this.epochs.get(stream) ?? new Set()).add(epoch));
    const log = this.logs.get(stream) ?? new Map();
    this.logs.set(stream, log);
    assert(!log.has(seq), `${stream} ${seq} was written twice`);
    log.set(seq, row);
  }
}
