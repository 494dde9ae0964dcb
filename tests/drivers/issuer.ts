import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

/** A key that an issuer signs with. */
export interface IssuerKey {
  readonly kid: string;
  readonly alg: string;
  readonly publicJwk: JWK;
  readonly privateKey: CryptoKey;
}

/** Makes a key pair for RS256, ES256 or EdDSA, unless a test wants another algorithm. */
export async function makeKey(alg: string, kid: string): Promise<IssuerKey> {
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const publicJwk = { ...await exportJWK(publicKey), kid, alg, use: "sig" };
  return { kid, alg, publicJwk, privateKey };
}

/** How a token of an issuer differs from a good one. */
export interface IssuedWishes {
  readonly kid?: string | undefined;
  readonly claims?: JWTPayload;
}

/**
 * An issuer of tokens as a real HTTP server on a port of its own, which publishes the keys that a test
 * says, counts who asks, and can go away.
 */
export class Issuer implements AsyncDisposable {
  readonly name = "https://login.example/";
  readonly audience = "bellwire";
  /** The key set as it is published now. */
  keys: readonly IssuerKey[] = [];
  /** How often the keys were fetched. */
  fetches = 0;
  /** What is answered instead of the keys, if anything. */
  answer: (() => Response | Promise<Response>) | undefined;
  #server: Deno.HttpServer<Deno.NetAddr> | undefined;
  #port = 0;

  constructor() {
    this.comeBack();
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/jwks.json`;
  }

  /** Nobody listens any more. */
  async goAway(): Promise<void> {
    await this.#server?.shutdown();
    this.#server = undefined;
  }

  /** It listens again, at the same address. */
  comeBack(): void {
    const options = { hostname: "127.0.0.1", port: this.#port, onListen() {} };
    this.#server = Deno.serve(options, () => {
      this.fetches++;
      const jwks = { keys: this.keys.map(({ publicJwk }) => publicJwk) };
      const headers = { connection: "close" };
      return this.answer?.() ?? Response.json(jwks, { headers });
    });
    this.#port = this.#server.addr.port;
  }

  /** A token, good for an hour. */
  async issue(user: string, key: IssuerKey, wishes: IssuedWishes = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const kid = "kid" in wishes ? wishes.kid : key.kid;
    return await new SignJWT({
      sub: user,
      iss: this.name,
      aud: this.audience,
      iat: now,
      exp: now + 3600,
      ...wishes.claims,
    }).setProtectedHeader({ alg: key.alg, ...(kid === undefined ? {} : { kid }) })
      .sign(key.privateKey);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.goAway();
  }
}
