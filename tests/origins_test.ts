import assert from "node:assert/strict";
import { createOriginCheck } from "../src/auth/origins.ts";

const host = "bell.example";

Deno.test("unless told otherwise only the service's own origin is allowed", () => {
  const allowed = createOriginCheck("same-origin");
  assert(allowed({ origin: "https://bell.example", host }));
  assert(allowed({ origin: "https://BELL.example", host }));
  assert(allowed({ origin: "http://127.0.0.1:8000", host: "127.0.0.1:8000" }));
  assert(allowed({ origin: "https://bell.example", host: "bell.example:443" }));
  for (
    const origin of [
      "https://evil.example",
      "https://bell.example.evil.example",
      "https://evil.example/bell.example",
      "https://bell.example@evil.example",
      "https://bell.example:8443",
      "https://sub.bell.example",
      "null",
      "",
      "bell.example",
      "file://",
      "file://bell.example",
    ]
  ) assert(!allowed({ origin, host }), origin);
  assert(!allowed({ origin: "https://bell.example", host: null }));
});

Deno.test("a listed origin is allowed besides the own one, and no other", () => {
  const allowed = createOriginCheck(["https://app.example", "http://localhost:5173"]);
  assert(allowed({ origin: "https://app.example", host }));
  assert(allowed({ origin: "http://localhost:5173", host }));
  assert(allowed({ origin: "https://bell.example", host }));
  for (const origin of ["http://app.example", "http://localhost", "https://evil.example", "null"]) {
    assert(!allowed({ origin, host }), origin);
  }
});

Deno.test("with * every origin is allowed", () => {
  assert(createOriginCheck("*")({ origin: "https://any.example", host }));
});

Deno.test("clients that are no browsers send no origin and are let through", () => {
  for (const origins of ["same-origin", "*", ["https://app.example"]] as const) {
    assert(createOriginCheck(origins)({ origin: null, host }));
  }
});
