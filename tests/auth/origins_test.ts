import assert from "node:assert/strict";
import { createOriginCheck, readOrigin } from "../../src/auth/origins.ts";

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

Deno.test("a * stands for exactly one name, at the beginning of a host", () => {
  const allowed = createOriginCheck(["https://*.app.example", "http://*.localhost:5173"]);
  for (
    const origin of ["https://a.app.example", "https://a-b.app.example", "http://x.localhost:5173"]
  ) {
    assert(allowed({ origin, host }), origin);
  }
  for (
    const origin of [
      "https://app.example",
      "https://a.b.app.example",
      "http://a.app.example",
      "https://a.app.example:8443",
      "https://aapp.example",
      "https://evil.example",
      "https://a.app.example.evil.example",
      "https://evil.example/.app.example",
      "https://.app.example",
      "https://*.app.example",
      "http://x.localhost",
      "https://x.localhost:5173",
      "null",
    ]
  ) assert(!allowed({ origin, host }), origin);
});

Deno.test("an entry is brought into the form that browsers send, whichever way it is written", () => {
  const forms = {
    "https://app.example": [
      "https://app.example",
      "https://app.example/",
      "HTTPS://App.Example:443",
    ],
    "http://app.example": ["http://app.example:80", "http://app.example/"],
    "https://*.app.example": ["https://*.APP.example:443/"],
    "https://xn--bcher-kva.example": ["https://bücher.example"],
    "http://127.0.0.1:5173": ["http://127.1:5173"],
    "http://[::1]:5173": ["http://[0:0:0:0:0:0:0:1]:5173"],
    "capacitor://localhost": ["capacitor://localhost", "Capacitor://Localhost/"],
    "chrome-extension://abcdefgh": ["chrome-extension://abcdefgh"],
  };
  for (const [form, entries] of Object.entries(forms)) {
    for (const entry of entries) {
      assert.equal(readOrigin(entry), form, entry);
      const origin = form.replace("*", "some");
      assert(createOriginCheck([entry])({ origin, host }), entry);
    }
  }
});

Deno.test("the origin of an app is allowed only where it is listed, whatever host is called", () => {
  const localhost = "localhost";
  assert(!createOriginCheck("same-origin")({ origin: "capacitor://localhost", host: localhost }));
  assert(!createOriginCheck(["ionic://localhost"])({ origin: "capacitor://localhost", host }));
});

Deno.test("a list with an entry that nothing could match makes no check", () => {
  for (const entry of ["app.example", "https://*", "https://app.example/path", ""]) {
    assert.throws(() => createOriginCheck([entry]), TypeError, entry);
  }
});
