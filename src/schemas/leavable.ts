import { EVERYONE, type TopicStream, topicStream } from "../domain/stream_name.ts";
import { ServiceError } from "../errors.ts";

/**
 * The stream of a topic that can be left.
 *
 * @throws {ServiceError} `invalid_request` for `everyone`
 */
export function leavable(topic: string): TopicStream {
  const stream = topicStream(topic);
  if (stream !== EVERYONE) return stream;
  throw new ServiceError(
    "invalid_request",
    "Everyone belongs to `everyone`, and nobody can leave it",
  );
}
