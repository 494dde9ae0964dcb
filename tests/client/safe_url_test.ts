import assert from "node:assert/strict";
import { safeUrl } from "../../client/src/elements/dom.ts";

/** What an address leads to on a page of `http://bell.example`. */
function follow(url: string | undefined): string | undefined {
  const before = Object.getOwnPropertyDescriptor(globalThis, "location");
  Object.defineProperty(globalThis, "location", {
    value: new URL("http://bell.example/inbox/"),
    configurable: true,
  });
  try {
    return safeUrl(url);
  } finally {
    Object.defineProperty(globalThis, "location", before ?? { configurable: true });
  }
}

Deno.test("only http(s) addresses and paths of the page's own site are followed or loaded", () => {
  assert.equal(follow("https://app.example/a?b#c"), "https://app.example/a?b#c");
  assert.equal(follow("HTTP://app.example"), "http://app.example/");
  assert.equal(follow("/builds/41"), "http://bell.example/builds/41");
  const bad = [
    "javascript:alert(1)",
    "JAVASCRIPT:alert(1)",
    " javascript:alert(1)",
    "//evil.example",
  ];
  const worse = ["/\\evil.example", "/\t/evil.example", "data:text/html,x", "blob:http://x/y", ""];
  for (const url of [...bad, ...worse, "ftp://a/b", "relative", "http://", undefined]) {
    assert.equal(follow(url), undefined, url);
  }
});
