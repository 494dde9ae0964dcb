import type { World } from "./world.ts";

/** What has to be true of a service, and how to find out. */
export interface Rule {
  /** The rule's number in docs/protocol.md, such as `P-4`. Several may look after one. */
  readonly id: string;
  /** What is expected, as a sentence without its full stop. */
  readonly expects: string;
  /** What the run has to be given for this: a secret to sign odd tokens with, or leave to disturb all. */
  readonly needs?: "secret" | "everyone";
  /** Rejects with what is otherwise. */
  readonly check: (world: World) => Promise<void>;
}

/** Notes down rules of one subject. */
export function rules(
  define: (
    rule: (id: string, expects: string, check: Rule["check"], needs?: Rule["needs"]) => void,
  ) => void,
): readonly Rule[] {
  const list: Rule[] = [];
  define((id, expects, check, needs) => {
    list.push({ id, expects, check, ...(needs === undefined ? {} : { needs }) });
  });
  return list;
}
