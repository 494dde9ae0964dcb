// long: it installs Next.js and builds an app
import assert from "node:assert/strict";
import { run, runtimeOfNpm } from "../drivers/npm.ts";
import { installClient } from "./support/packed_client.ts";

const NODE = await runtimeOfNpm("node@22.23.3");
const ignore = NODE === undefined;

const FILES: Readonly<Record<string, string>> = {
  "package.json": JSON.stringify({ private: true, type: "module" }),
  "app/layout.jsx": `export default function Layout({ children }) {
  return <html lang="en"><body>{children}</body></html>;
}`,
  // A component of the server that takes a component of the client straight from the package.
  "app/page.jsx": `import { BellProvider } from "@bellwire/client/react";
import { Header } from "./header.jsx";
export default function Page() {
  return <main><h1>The page</h1><BellProvider><p>Inside</p></BellProvider><Header /></main>;
}`,
  "app/header.jsx": `"use client";
import "@bellwire/client/elements";
import { connect } from "@bellwire/client";
import { BellProvider, useUnreadCount } from "@bellwire/client/react";
import { useEffect, useState } from "react";

function Count() {
  return <b>{useUnreadCount()} unread</b>;
}
export function Header() {
  const [bell, setBell] = useState();
  useEffect(() => {
    const bell = connect("https://notify.example.com", { getToken: () => "" });
    setBell(bell);
    return () => bell.close();
  }, []);
  return <BellProvider bell={bell}>{bell && <Count />}<bellwire-bell bell={bell} /></BellProvider>;
}`,
};

Deno.test(
  "Next.js builds an app whose server components use the hooks' module as it is",
  { ignore },
  async () => {
    const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
    try {
      await Deno.mkdir(`${folder}/app`);
      for (const [path, text] of Object.entries(FILES)) {
        await Deno.writeTextFile(`${folder}/${path}`, text);
      }
      await installClient(folder, "next@16.4.6", "react@19.3.1", "react-dom@19.3.1");
      const env = { NEXT_TELEMETRY_DISABLED: "1" };
      await run(NODE ?? "", ["node_modules/next/dist/bin/next", "build"], folder, env);
      const page = await Deno.readTextFile(`${folder}/.next/server/app/index.html`);
      assert.match(page, /<h1>The page<\/h1><p>Inside<\/p><bellwire-bell><\/bellwire-bell>/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);
