// long: it installs three frameworks and what checks their types
import assert from "node:assert/strict";
import { ProgramFailed, run, runtimeOfNpm } from "../drivers/npm.ts";
import { codeOf } from "../drivers/readme.ts";
import { installClient } from "./support/packed_client.ts";

const NODE = await runtimeOfNpm("node@22.23.3");
const ignore = NODE === undefined;

const TYPES = {
  compilerOptions: {
    target: "es2023",
    module: "esnext",
    moduleResolution: "bundler",
    lib: ["ES2023", "DOM", "DOM.Iterable"],
    jsx: "react-jsx",
    types: [],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    noEmit: true,
  },
  include: ["src"],
};

const SETUP = `import "@bellwire/client/elements";
import { connect, type Notification } from "@bellwire/client";
const bell = connect("https://notify.example.com", { getToken: () => "" });
function open({ title }: Notification) {
  console.log(title);
}`;

/** An app of one framework: what the README shows, and what is wrong. */
interface App {
  readonly packages: readonly string[];
  readonly file: string;
  readonly source: string;
  /** Checks the types of the folder it runs in. */
  readonly check: readonly string[];
}

async function apps(): Promise<Readonly<Record<string, App>>> {
  return {
    React: {
      packages: ["react@19.3.1", "@types/react@19.3.0"],
      file: "src/app.tsx",
      source: `declare function getToken(): Promise<string>;
${await codeOf("client/README.md", "onbellwire-open={({ detail }) => console")}
export const archive = <bellwire-inbox token-url="/token" filter="archived" />;`,
      check: ["node_modules/typescript/bin/tsc"],
    },
    Vue: {
      packages: ["vue@3.5.45", "vue-tsc@3.3.14"],
      file: "src/app.vue",
      source: `<script setup lang="ts">\n${SETUP}\n</script>\n<template>
${await codeOf("client/README.md", `@bellwire-open="`)}
<bellwire-inbox token-url="/token" filter="archived" />
</template>`,
      check: ["node_modules/vue-tsc/bin/vue-tsc.js", "--noEmit"],
    },
    Svelte: {
      packages: ["svelte@5.57.3", "svelte-check@4.7.8"],
      file: "src/app.svelte",
      source: `<script lang="ts">\n${SETUP}\n</script>
${await codeOf("client/README.md", "<bellwire-bell {bell}")}
<bellwire-inbox token-url="/token" filter="archived"></bellwire-inbox>`,
      check: ["node_modules/svelte-check/bin/svelte-check", "--tsconfig", "./tsconfig.json"],
    },
    "no framework, with all types of packages checked": {
      packages: [],
      file: "src/app.ts",
      source: `${SETUP}
document.addEventListener("bellwire-open", ({ detail }) => open(detail.notification));
window.addEventListener("bellwire-action", ({ detail }) => console.log(detail.action.length));
const inbox = document.querySelector("bellwire-inbox");
if (inbox) Object.assign(inbox, { bell }).filter = "archived";`,
      check: ["node_modules/typescript/bin/tsc", "--skipLibCheck", "false"],
    },
  };
}

for (const [name, { packages, file, source, check }] of Object.entries(await apps())) {
  Deno.test(`the elements have types in an app with ${name}`, { ignore }, async () => {
    const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
    try {
      const write = (path: string, text: string) => Deno.writeTextFile(`${folder}/${path}`, text);
      await Deno.mkdir(`${folder}/src`);
      await write("package.json", JSON.stringify({ private: true, type: "module" }));
      await write("tsconfig.json", JSON.stringify(TYPES));
      await write(file, source);
      await installClient(folder, "typescript@5.9.3", ...packages);
      await run(NODE ?? "", check, folder);
      const wrong = source.replace(`"archived"`, `"archive"`);
      assert.notEqual(wrong, source);
      await write(file, wrong);
      await assert.rejects(
        run(NODE ?? "", check, folder),
        (error) => error instanceof ProgramFailed && /Filter/.test(error.message),
      );
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
