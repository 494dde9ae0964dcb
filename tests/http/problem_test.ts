import assert from "node:assert/strict";
import fc from "fast-check";
import { problemResponse, PROBLEMS, toProblem } from "../../src/http/problem.ts";
import { createTestApp } from "../drivers/test_app.ts";
import {
  type ErrorCode,
  idempotencyConflict,
  idempotencyInProgress,
  invalidCursor,
  invalidToken,
  issuerKeysUnavailable,
  notAMember,
  notFound,
  overloaded,
  ServiceError,
  tokenExpired,
  tokenRevoked,
} from "../../src/errors.ts";

const MARKER = "zQ7markerQz";
/** Safely below the size of the largest body, in bytes: all that is generated here is ASCII. */
const BODY_MAX = 60_000;

/** Everything that an answer says, the address it was asked at aside. */
async function said(response: Response): Promise<string> {
  return JSON.stringify([...response.headers]) + await response.text();
}

const text = fc.oneof(
  fc.constant(MARKER),
  fc.string({ maxLength: 20 }).map((text) => MARKER + text),
  fc.string({ maxLength: 20 }).map((text) => text + MARKER),
  fc.constant(MARKER.repeat(600)),
  fc.constant(`javascript:${MARKER}`),
  fc.constant(`//${MARKER}`),
);
const value = fc.oneof(
  text,
  fc.integer(),
  fc.constant(null),
  fc.constant(true),
  fc.array(text, { maxLength: 3 }),
  fc.record({ [` ${MARKER}`]: text, id: text, label: text }, { requiredKeys: [] }),
);
const FIELDS = [
  "title",
  "body",
  "url",
  "icon",
  "image",
  "category",
  "priority",
  "data",
  "actions",
  "collapseKey",
  "ttl",
  "expiresAt",
  "sendAt",
];
const anything = fc.record(
  {
    to: fc.oneof(
      value,
      fc.record(
        { user: value, users: value, topic: value, everyone: value, [` ${MARKER}`]: value },
        {
          requiredKeys: [],
        },
      ),
    ),
    ...Object.fromEntries(FIELDS.map((field) => [field, value])),
  },
  { requiredKeys: [] },
  // A larger body is refused as such, with 413, before its fields are looked at.
).filter((notification) => JSON.stringify(notification).length < BODY_MAX);

Deno.test("an invalid notification is never echoed, whatever is wrong with it", async () => {
  const { publish } = await createTestApp();
  let refused = 0;
  await fc.assert(
    fc.asyncProperty(anything, async (notification) => {
      const response = await publish({ ...notification, title: 7 });
      assert.equal(response.status, 400);
      refused++;
      assert(!(await said(response)).includes(MARKER));
    }),
    { numRuns: 300 },
  );
  assert.equal(refused, 300);
});

Deno.test("an unknown field is told by its name, unless the name is more than a name", async () => {
  const { publish } = await createTestApp();
  const told = async (field: string) => {
    const response = await publish({ to: { user: "ada" }, title: "x", [field]: 1 });
    assert.equal(response.status, 400);
    return (await response.json()).errors;
  };
  assert.deepEqual(await told("titel"), [{ path: "titel", message: "is not a known field" }]);
  for (
    const field of [MARKER.repeat(10), `${MARKER} x`, `<${MARKER}>`, `é${MARKER}`, `1${MARKER}`]
  ) {
    assert.deepEqual(await told(field), [{ path: "", message: "has a field that is not known" }]);
  }
});

Deno.test("a body that can't be read is never echoed", async () => {
  const { publish } = await createTestApp();
  for (const body of [MARKER, `{"${MARKER}`, `{"a":${MARKER}}`, `"${MARKER}"`, `["${MARKER}"]`]) {
    const response = await publish(body);
    assert.equal(response.status, 400);
    assert(!(await said(response)).includes(MARKER), body);
  }
});

Deno.test("headers, credentials, queries and addresses are never echoed", async () => {
  const { app, publish, get } = await createTestApp();
  const bearer = (authorization: string) => ({ headers: { authorization } });
  const answers = [
    await publish({}, { "content-type": `text/${MARKER}` }),
    await publish({}, { "content-encoding": MARKER }),
    await publish({}, { "idempotency-key": MARKER.repeat(50) }),
    await publish({}, { authorization: `Bearer ${MARKER}`, "x-request-id": MARKER }),
    await app.request("/v1/inbox", bearer(`Bearer ${MARKER}.${MARKER}.${MARKER}`)),
    await app.request("/v1/inbox", bearer(MARKER)),
    await app.request("/v1/inbox", { method: MARKER }),
    await app.request(`/${MARKER}?${MARKER}`),
    await get(`/v1/inbox?status=${MARKER}&limit=${MARKER}&cursor=${MARKER.repeat(60)}`, "ada"),
    await get(`/v1/inbox?category=${MARKER}&%20${MARKER}=x`, "ada"),
  ];
  for (const answer of answers) {
    assert(answer.status >= 400);
    assert(!(await said(answer)).includes(MARKER), answer.status.toString());
  }
});

Deno.test("every error has its code and status, and only unforeseen ones are internal", async () => {
  const codes = Object.keys(PROBLEMS) as ErrorCode[];
  const errors = [
    ...codes.map((code) => new ServiceError(code, "x")),
    invalidToken(),
    tokenExpired(),
    tokenRevoked(),
    issuerKeysUnavailable(1),
    overloaded(1),
    idempotencyConflict(),
    idempotencyInProgress(1),
    invalidCursor(),
    notAMember(),
    notFound(),
  ];
  for (const error of errors) {
    const response = problemResponse(toProblem(error));
    const body = await response.json();
    assert.equal(body.code, error.code, error.name);
    assert.equal(body.status, PROBLEMS[error.code][0], error.name);
    assert.equal(response.status, body.status);
  }
  for (const other of [new Error(MARKER), new Deno.errors.NotFound(MARKER), MARKER, undefined]) {
    const response = problemResponse(toProblem(other));
    assert.equal(response.status, 500);
    assert(!(await said(response)).includes(MARKER));
  }
});
