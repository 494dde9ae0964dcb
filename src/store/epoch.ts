/**
 * Makes the name of an incarnation, of a stream or of the whole database: nine random bytes, enough
 * that no two ever meet, as base64url.
 */
export function newEpoch(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(9));
  return bytes.toBase64({ alphabet: "base64url" });
}
