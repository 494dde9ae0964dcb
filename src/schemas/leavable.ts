import { EVERYONE, type TopicStream, topicStream } from "../domain/stream_name.ts";
import { InvalidRequest } from "./errors.ts";

/**
 * The stream of a topic that can be left.
 *
 * @throws {InvalidRequest} for `everyone`
 */
export function leavable(topic: string): TopicStream {
  const stream = topicStream(topic);
  if (stream !== EVERYONE) return stream;
  throw new InvalidRequest("Everyone belongs to `everyone`, and nobody can leave it");
}
