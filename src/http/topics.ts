import { Hono } from "hono";
import { describeRoute } from "hono-openapi";
import { joinable, leavable } from "../auth/patterns.ts";
import { topicStream } from "../domain/stream_name.ts";
import type { Topics } from "../store/inbox/topics.ts";
import type { Authenticator } from "./authenticate.ts";
import { callProblems, PUBLISHER, USER } from "./documented.ts";
import { requireTopic, TOPIC_PARAMETER, USER_PARAMETER, userInAddress } from "./id_parameter.ts";
import { otherMethods } from "./methods.ts";
import type { AppEnv } from "./middleware.ts";

const OWN = "/v1/topics/:topic/subscription";
const OF_USER = "/v1/users/:user/topics/:topic";

/** `/v1/topics/{topic}/subscription`, and the same on a user's behalf */
export function topics(
  { topics, authenticate }: { topics: Topics; authenticate: Authenticator },
): Hono<AppEnv> {
  const { quotas } = authenticate;
  return new Hono<AppEnv>()
    .put(OWN, describeOwn("subscribe", "Join a topic"), async (c) => {
      const token = await authenticate.user(c);
      const topic = joinable(token, requireTopic(c.req.param("topic")));
      await quotas.run(token.user, () => topics.join(token.user, topic, false));
      return done();
    })
    .delete(OWN, describeOwn("unsubscribe", "Leave a topic"), async (c) => {
      const { user } = await authenticate.user(c);
      const topic = leavable(requireTopic(c.req.param("topic")));
      await quotas.run(user, () => topics.leave(user, topic));
      return done();
    })
    .all(OWN, otherMethods("PUT", "DELETE"))
    .put(OF_USER, describeOfUser("addToTopic", "Have a user join a topic"), async (c) => {
      await authenticate.publisher(c);
      const user = userInAddress(c);
      await topics.join(user, topicStream(requireTopic(c.req.param("topic"))), true);
      return done();
    })
    .delete(OF_USER, describeOfUser("removeFromTopic", "Have a user leave a topic"), async (c) => {
      await authenticate.publisher(c);
      const user = userInAddress(c);
      await topics.leave(user, leavable(requireTopic(c.req.param("topic"))));
      return done();
    })
    .all(OF_USER, otherMethods("PUT", "DELETE"));
}

function done(): Response {
  return new Response(null, { status: 204 });
}

function describeOwn(operationId: string, summary: string) {
  return describeRoute({
    operationId,
    summary,
    description: "A user may belong to 100 topics. What was published before joining is not in " +
      "the inbox. Nothing changes for who has done so already.",
    tags: ["user"],
    security: USER,
    parameters: [TOPIC_PARAMETER],
    responses: {
      204: { description: "The subscription is updated, on all devices of the user." },
      ...callProblems(400, 409),
    },
  });
}

function describeOfUser(operationId: string, summary: string) {
  return describeRoute({
    operationId,
    summary,
    description: "A membership that a publisher makes holds whatever the user's token allows.",
    tags: ["publisher"],
    security: PUBLISHER,
    parameters: [USER_PARAMETER, TOPIC_PARAMETER],
    responses: {
      204: { description: "The subscription is updated, on all devices of the user." },
      ...callProblems(400, 409),
    },
  });
}
