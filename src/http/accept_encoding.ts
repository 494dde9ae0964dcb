/** A way to compress an answer. */
export type ContentCoding = "br" | "gzip";

/** The smaller result first. */
const PREFERRED: readonly ContentCoding[] = ["br", "gzip"];

/**
 * Chooses how to compress an answer (RFC 9110, section 12.5.3).
 *
 * @param header `Accept-Encoding` as the caller sent it
 * @returns undefined where the answer has to be sent as it is
 */
export function chooseCoding(header: string | null): ContentCoding | undefined {
  const weights = new Map<string, number>();
  for (const element of (header ?? "").toLowerCase().split(",")) {
    const [name = "", ...parameters] = element.split(";").map((part) => part.trim());
    const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
    const weight = q === undefined ? 1 : Number(q);
    // A weight that can't be read refuses the coding: sending the answer as it is always works.
    if (name !== "") weights.set(name, weight >= 0 && weight <= 1 ? weight : 0);
  }
  const weightOf = (name: string) => weights.get(name) ?? weights.get("*") ?? 0;
  const best = Math.max(...PREFERRED.map(weightOf));
  // A caller that prefers the plain answer says so with a higher weight.
  if (best === 0 || (weights.get("identity") ?? 0) > best) return undefined;
  return PREFERRED.find((name) => weightOf(name) === best);
}
