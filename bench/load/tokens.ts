import { SignJWT } from "jose";

/** Signs tokens for users, valid for an hour, as an application's own login would. */
export async function signTokens(
  users: readonly string[],
  { secret }: { secret: string },
): Promise<string[]> {
  const key = await crypto.subtle.importKey(
    "raw",
    new TextEncoder().encode(secret),
    { name: "HMAC", hash: "SHA-256" },
    false,
    ["sign"],
  );
  const now = Math.floor(Date.now() / 1000);
  return await Promise.all(users.map((user) =>
    new SignJWT()
      .setProtectedHeader({ alg: "HS256" })
      .setSubject(user)
      .setIssuedAt(now)
      .setExpirationTime(now + 3600)
      .sign(key)
  ));
}
