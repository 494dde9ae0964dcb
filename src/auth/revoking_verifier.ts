import type { RevokedTokens } from "./revoked_tokens.ts";
import type { TokenVerifier } from "./token_verifier.ts";
import { tokenRevoked } from "../errors.ts";

/** Makes a verifier that also refuses revoked tokens, with `unauthorized`. */
export function refuseRevoked(tokens: TokenVerifier, revoked: RevokedTokens): TokenVerifier {
  return {
    async verify(jwt) {
      const token = await tokens.verify(jwt);
      if (revoked.has(token)) throw tokenRevoked();
      return token;
    },
  };
}
