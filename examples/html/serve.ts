// deno-lint-ignore-file no-console -- a command-line program

/** A backend as small as can be: files, and tokens of one user. It trusts whoever can reach it. */
const [user = "ada", port = "3000"] = Deno.args;
const folder = new URL("./", import.meta.url);

const FILES: Readonly<Record<string, readonly [name: string, type: string]>> = {
  "/": ["index.html", "text/html"],
  "/style.css": ["style.css", "text/css"],
};

/** Asks the service's own command, which knows its secret. */
async function token(): Promise<string> {
  const { success, stdout } = await new Deno.Command("deno", {
    args: ["task", "--quiet", "token", user],
    cwd: new URL("../../", folder),
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("There is no token");
  return new TextDecoder().decode(stdout).trim();
}

Deno.serve({ port: Number(port), hostname: "localhost" }, async (request) => {
  const { pathname } = new URL(request.url);
  if (pathname === "/token") return new Response(await token());
  const [name, type] = FILES[pathname] ?? [];
  if (name === undefined) return new Response("Nothing here", { status: 404 });
  const text = await Deno.readTextFile(new URL(name, folder));
  return new Response(text, { headers: { "content-type": `${type}; charset=utf-8` } });
});
console.log(`Signed in as ${user}`);
