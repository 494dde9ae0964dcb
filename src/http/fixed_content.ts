import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";

/** Content that stays the same for as long as the process runs. */
export interface FixedContentOptions {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

type Bytes = Uint8Array<ArrayBuffer>;

/** Less than this does not become smaller by more than the headers that compressing adds. */
const WORTH_COMPRESSING = 512;
const COMPRESSIBLE = /^(?:text\/|application\/(?:json|.*\+json)|image\/svg)/;

/**
 * Answers GET and HEAD with fixed content: compressed where the caller takes that, and with a 304
 * where the caller has it already.
 *
 * Each compressed form is made when it is first asked for, outside of the JavaScript thread (0.3 s for
 * 50 KB of script in Brotli's best quality), and kept.
 */
export class FixedContent {
  readonly #bytes: Bytes;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #hash: string;
  readonly #isCompressible: boolean;
  readonly #compressed = new Map<ContentCoding, Promise<Bytes | undefined>>();

  constructor({ bytes, contentType, headers = {} }: FixedContentOptions) {
    this.#bytes = bytes;
    this.#hash = createHash("sha256").update(bytes).digest("base64url").slice(0, 22);
    this.#isCompressible = bytes.length >= WORTH_COMPRESSING && COMPRESSIBLE.test(contentType);
    this.#headers = {
      ...headers,
      "content-type": contentType,
      ...(this.#isCompressible ? { vary: "Accept-Encoding" } : {}),
    };
  }

  async answer({ headers: asked }: Request): Promise<Response> {
    const coding = this.#isCompressible ? chooseCoding(asked.get("accept-encoding")) : undefined;
    const compressed = coding && await this.#compress(coding);
    const used = compressed && coding;
    // Each form has a tag of its own: a cache must not put the parts of one into the other.
    const etag = `"${this.#hash}${used === undefined ? "" : `-${used}`}"`;
    if (isKnown(etag, asked.get("if-none-match"))) {
      const { "content-type": _, ...headers } = this.#headers;
      return new Response(null, { status: 304, headers: { ...headers, etag } });
    }
    const body = compressed ?? this.#bytes;
    return new Response(body, {
      headers: {
        ...this.#headers,
        etag,
        // Also for HEAD, whose answer has no body to count.
        "content-length": String(body.length),
        ...(used === undefined ? {} : { "content-encoding": used }),
      },
    });
  }

  /** @returns undefined where that has failed: then the content is sent as it is */
  #compress(coding: ContentCoding): Promise<Bytes | undefined> {
    const made = this.#compressed.get(coding) ??
      COMPRESS[coding](this.#bytes).then((bytes) => new Uint8Array(bytes), () => undefined);
    this.#compressed.set(coding, made);
    return made;
  }
}

const compressWithBrotli = promisify(brotliCompress);
const compressWithGzip = promisify(gzip);

const COMPRESS: Readonly<Record<ContentCoding, (bytes: Bytes) => Promise<Uint8Array>>> = {
  br: (bytes) =>
    compressWithBrotli(bytes, {
      params: {
        [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
        [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      },
    }),
  gzip: (bytes) => compressWithGzip(bytes, { level: constants.Z_BEST_COMPRESSION }),
};

/** Whether a caller has it already. Proxies make weak tags of strong ones when they change a body. */
function isKnown(etag: string, ifNoneMatch: string | null): boolean {
  if (ifNoneMatch === null) return false;
  return ifNoneMatch.split(",").map((tag) => tag.trim().replace(/^W\//, ""))
    .some((tag) => tag === "*" || tag === etag);
}

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
