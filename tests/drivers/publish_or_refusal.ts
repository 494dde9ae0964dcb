import assert from "node:assert/strict";
import { pause, systemClock } from "../../src/clock.ts";
import { eventually } from "./deadline.ts";
import type { Service } from "./service.ts";

/** A thousand recipients are 125 commits, of which a busy machine may have thousands before them. */
const KNOWN_WITHIN_MS = 240_000;
const AGAIN_MS = 1_000;

/**
 * Publishes, and finds out whether it was published or refused for overload: where the outcome is not
 * known the call is repeated, as the protocol says.
 *
 * @returns whether it was published
 */
export async function publishOrRefusal(service: Service, body: unknown): Promise<boolean> {
  const key = crypto.randomUUID();
  let isUnknown = false;
  const outcome = await eventually(
    async () => {
      const answer = await service.publish(body, { "idempotency-key": key });
      const text = await answer.text();
      if (answer.status === 201) return "published";
      assert.match(answer.headers.get("retry-after") ?? "", /^[1-9]\d*$/);
      const { code } = JSON.parse(text);
      if (code === "overloaded" && !isUnknown) return "refused";
      // A repeat may be refused as well, or find the first call still under way.
      assert(["overloaded", "unavailable", "idempotency_in_progress"].includes(code), text);
      isUnknown = true;
      await pause(systemClock, AGAIN_MS);
      return undefined;
    },
    "what became of a publish",
    KNOWN_WITHIN_MS,
  );
  return outcome === "published";
}
