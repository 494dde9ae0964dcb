import assert from "node:assert/strict";
import { run } from "../drivers/npm.ts";

const ROOT = new URL("../../", import.meta.url);
const DOCUMENTS = ["README.md", "client/README.md", "examples/html/README.md"];

/** What a reader has already, and what the documents leave out for that reason. */
const APP = `import "@bellwire/client/elements";
import type { Bell, Snapshot } from "@bellwire/client";
declare global {
  const bell: Bell;
  const url: string;
  const root: HTMLElement;
  const router: { push(url: string): void };
  function getToken(): Promise<string>;
  function render(snapshot: Snapshot): void;
  const process: { readonly env: { readonly TOKEN: string } };
}
`;

/** A piece of code in a document. */
interface Snippet {
  /** Such as `client/README.md:12`. */
  readonly place: string;
  readonly language: string;
  readonly code: string;
}

/** All pieces of code of a document. */
async function snippetsOf(path: string): Promise<Snippet[]> {
  const text = await Deno.readTextFile(new URL(path, ROOT));
  return [...text.matchAll(/^```(\w*)[^\n]*\n(.*?)^```$/gms)].map(
    ({ index, 1: language = "", 2: code = "" }) => ({
      place: `${path}:${text.slice(0, index).split("\n").length}`,
      language,
      code,
    }),
  );
}

/** The programs in a snippet, each with the ending of its file's name. */
function programsOf({ language, code }: Snippet): [ending: string, program: string][] {
  switch (language) {
    case "js":
    case "ts":
      return [["ts", code]];
    case "tsx":
      return [["tsx", code]];
    case "html":
      // A script of a page is plain JavaScript, which knows of no null that a type would warn of.
      return [...code.matchAll(/<script type="module">\n(.*?)<\/script>/gs)].map((
        [, program = ""],
      ) => ["js", `// @ts-check\n${program}`]);
    default:
      return [];
  }
}

const CONFIG = {
  imports: {
    "@bellwire/client": new URL("client/src/mod.ts", ROOT).href,
    "@bellwire/client/": new URL("client/src/", ROOT).href,
    "@bellwire/client/elements": new URL("client/src/elements/mod.ts", ROOT).href,
    "@bellwire/client/react": new URL("client/src/react/mod.ts", ROOT).href,
    "https://notify.example.com/elements.js": new URL("client/src/elements/mod.ts", ROOT).href,
    "https://notify.example.com/client.js": new URL("client/src/mod.ts", ROOT).href,
  },
  compilerOptions: {
    lib: ["esnext", "dom", "dom.iterable"],
    strict: true,
    jsx: "react-jsx",
    jsxImportSource: "react",
    jsxImportSourceTypes: "@types/react",
  },
};

/** Checks programs together; a failure names the place of each that does not hold. */
async function check(programs: ReadonlyMap<string, string>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
  try {
    const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.dev.json", ROOT)));
    const packages = Object.entries<string>(imports).filter(([, it]) => it.startsWith("npm:"));
    const typed = {
      "react/jsx-runtime": `${imports.react}/jsx-runtime`,
      "@types/react/jsx-runtime": `${imports["@types/react"]}/jsx-runtime`,
    };
    const all = { ...Object.fromEntries(packages), ...typed, ...CONFIG.imports };
    await Deno.writeTextFile(
      `${folder}/deno.json`,
      JSON.stringify({ ...CONFIG, imports: all, nodeModulesDir: "none" }),
    );
    await Deno.writeTextFile(`${folder}/app.d.ts`, APP);
    const args = ["check", "--quiet"];
    for (const [name, program] of programs) {
      await Deno.writeTextFile(
        `${folder}/${name}`,
        `import "./app.d.ts";\n${program}\nexport {};\n`,
      );
      args.push(`${folder}/${name}`);
    }
    await run(Deno.execPath(), args, folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("every program that the READMEs show is one for TypeScript too", async () => {
  const programs = new Map<string, string>();
  for (const document of DOCUMENTS) {
    for (const snippet of await snippetsOf(document)) {
      for (const [i, [ending, program]] of programsOf(snippet).entries()) {
        const name = snippet.place.replaceAll(/[/.]/g, "_").replace(":", "_line_");
        programs.set(`${name}_${i}.${ending}`, program);
      }
    }
  }
  assert(programs.size >= 9, `only ${programs.size} programs were found`);
  await check(programs);
});

Deno.test("what is wrong in a program of a README is found", async () => {
  const wrong = new Map([[
    "wrong.ts",
    `import { connect } from "@bellwire/client";
connect(url, { getToken }).on("notification", (n) => n.nothing.like.this);`,
  ]]);
  await assert.rejects(check(wrong), /nothing/);
});
