const MAX_DEPTH = 64;
const encoder = new TextEncoder();

/**
 * Whether a value that came out of `JSON.parse` takes no more than so many bytes as JSON again, and
 * is nested no deeper than 64: what is nested without bound overflows the stack of whoever encodes
 * or walks it, here and on the devices.
 */
export function isJsonWithin(value: unknown, maxBytes: number): boolean {
  if (typeof value === "object" && !isShallow(value, MAX_DEPTH)) return false;
  const json = JSON.stringify(value);
  if (json.length > maxBytes) return false;
  // UTF-8 takes at most three bytes for each UTF-16 unit.
  return json.length * 3 <= maxBytes || encoder.encode(json).byteLength <= maxBytes;
}

function isShallow(value: object | null, levels: number): boolean {
  if (value === null) return true;
  if (levels === 0) return false;
  for (const child of Object.values(value)) {
    if (typeof child === "object" && !isShallow(child, levels - 1)) return false;
  }
  return true;
}
