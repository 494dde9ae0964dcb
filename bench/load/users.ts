import { credentials } from "../credentials.ts";
import { signTokens } from "./tokens.ts";

/** Ids of `count` users, always the same ones. */
export function userIds(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `user-${String(i).padStart(5, "0")}`);
}

/** A token for each of the users, signed as the servers of the bench expect it. */
export async function tokensOf(users: readonly string[]): Promise<string[]> {
  return await signTokens(users, { secret: credentials.jwtSecret });
}
