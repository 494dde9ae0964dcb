import { parseCbor } from "../encoding/cbor.ts";
import { parseJsonText } from "../encoding/json.ts";
import { hasCode, ServiceError } from "../errors.ts";

const decoder = new TextDecoder("utf-8", { fatal: true });

/** What a body is written in. */
export type BodyFormat = "json" | "cbor";

/**
 * In which format a body says it is. None said means JSON, and so does what `curl -d` says unless told
 * otherwise: nothing here is ever read as a form.
 *
 * @throws {ServiceError} `unsupported_media_type`
 */
export function bodyFormat(headers: Headers): BodyFormat {
  const encoding = headers.get("content-encoding");
  if (encoding !== null && encoding.toLowerCase() !== "identity") {
    throw new ServiceError("unsupported_media_type", "The body must not be compressed");
  }
  const type = headers.get("content-type");
  if (type === null || type === "application/json") return "json";
  const [essence = ""] = type.split(";", 1);
  switch (essence.trim().toLowerCase()) {
    case "":
    case "application/json":
    case "application/x-www-form-urlencoded":
      return "json";
    case "application/cbor":
      return "cbor";
    default:
      throw new ServiceError(
        "unsupported_media_type",
        "The body must be application/json or application/cbor",
      );
  }
}

/**
 * Refuses bodies that don't say they are JSON, where nothing else is read.
 *
 * @throws {ServiceError} `unsupported_media_type`
 */
export function requireJson(headers: Headers): void {
  if (bodyFormat(headers) !== "json") {
    throw new ServiceError("unsupported_media_type", "The body must be application/json");
  }
}

/** A body has so many milliseconds to come. */
const BODY_WITHIN_MS = 30_000;

/**
 * Reads a body of at most so many bytes. A larger one is refused before it is read where it
 * announces its length, and else as soon as the limit is passed; the rest is never read.
 *
 * @param withinMs milliseconds that the body may take to come
 * @throws {ServiceError} `payload_too_large`
 * @throws {ServiceError} `invalid_request` when it breaks off, or does not come in time
 */
export async function readBody(
  request: Request,
  limit: number,
  withinMs = BODY_WITHIN_MS,
): Promise<Uint8Array> {
  const announced = request.headers.get("content-length");
  if (announced !== null && Number(announced) > limit) throw tooLarge(limit);
  try {
    if (announced === null && request.body !== null) {
      return await inTime(readChunks(request.body, limit), withinMs);
    }
    const bytes = await inTime(request.bytes(), withinMs);
    if (bytes.byteLength > limit) throw tooLarge(limit);
    return bytes;
  } catch (error) {
    if (hasCode(error, "payload_too_large", "invalid_request")) throw error;
    throw new ServiceError("invalid_request", "The body could not be read to its end");
  }
}

/** What comes too late ends with the request, once it is answered. */
async function inTime<T>(body: Promise<T>, ms: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    const error = () =>
      new ServiceError("invalid_request", `The body did not come within ${ms / 1_000} seconds`);
    timer = setTimeout(() => reject(error()), ms);
  });
  try {
    return await Promise.race([body, late]);
  } finally {
    clearTimeout(timer);
  }
}

async function readChunks(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop cancels the stream.
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > limit) throw tooLarge(limit);
    chunks.push(chunk);
  }
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}

/**
 * Parses a body.
 *
 * @throws {ServiceError} `invalid_request` unless it is JSON in UTF-8
 */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength === 0) throw new ServiceError("invalid_request", "The body is missing");
  let json: string;
  try {
    json = decoder.decode(bytes);
  } catch {
    throw new ServiceError("invalid_request", "The body is not UTF-8");
  }
  return parseJsonText(json);
}

/** The refusal of a body above so many bytes. */
export function tooLarge(limit: number): ServiceError {
  return new ServiceError("payload_too_large", `The body must be at most ${limit / 1024} KiB`);
}

/**
 * Parses a body in the format that it says it is in.
 *
 * @throws {ServiceError} `invalid_request`
 */
export function parseBody(bytes: Uint8Array, format: BodyFormat): unknown {
  return format === "json" ? parseJson(bytes) : parseCbor(bytes);
}
