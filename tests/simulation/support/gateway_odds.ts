import type { Odds } from "../../fakes/faulty_kv.ts";

/** A KV on which everything takes its time, and works. */
export const RELIABLE: Odds = {
  commit: {
    fine: 1,
    refused: 0,
    answerLost: 0,
    answerLate: 0,
    limbo: 0,
    vanished: 0,
    falseConflict: 0,
    spuriousConflict: 0,
    locked: 0,
    exhausted: 0,
  },
  read: { fine: 1, refused: 0, vanished: 0, locked: 0 },
};

/** A KV on which something fails every few calls. */
export const UNRELIABLE: Odds = {
  commit: {
    fine: 40,
    refused: 1,
    answerLost: 1,
    answerLate: 1,
    limbo: 1,
    vanished: 1,
    falseConflict: 1,
    spuriousConflict: 1,
    locked: 1,
    exhausted: 1,
  },
  read: { fine: 60, refused: 1, vanished: 1, locked: 1 },
};
