// long: it installs an app and builds it
import { CHROMIUM, launchChromium } from "../drivers/chromium.ts";
import { DEADLINE_MS } from "../drivers/deadline.ts";
import { npm, run, runtimeOfNpm } from "../drivers/npm.ts";
import { Service } from "../drivers/service.ts";
import { VITE } from "./support/vite_app.ts";

const NODE = await runtimeOfNpm("node@22.23.3");
const ignore = CHROMIUM === undefined || NODE === undefined;
const ROOT = new URL("../../", import.meta.url);

Deno.test(
  "the example for React builds with Vite, and shows what is published",
  { ignore },
  async () => {
    await using service = await Service.start({ env: { BELLWIRE_ALLOWED_ORIGINS: "*" } });
    const folder = await Deno.makeTempDir({ prefix: "bellwire_" });
    try {
      const app = `${folder}/examples/react`;
      await copy("client/src", folder);
      await copy("examples/react", folder);
      await npm(["install"], app);
      await run(NODE ?? "", [`node_modules/${VITE}`, "build"], app);
      await using server = serveBuilt(`${app}/dist`, service);
      await using browser = await launchChromium();
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${server.addr.port}/?server=${service.url}`);
      await service.published({ to: { user: "ada" }, title: "Hello" });
      await page.getByRole("listitem").filter({ hasText: "Hello" }).waitFor({
        timeout: DEADLINE_MS,
      });
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  },
);

/** Copies a folder of this repository, without what was installed into it or built. */
async function copy(path: string, to: string): Promise<void> {
  for await (const { name, isDirectory } of Deno.readDir(new URL(path, ROOT))) {
    if (name === "node_modules" || name === "dist") continue;
    if (isDirectory) await copy(`${path}/${name}`, to);
    else {
      await Deno.mkdir(`${to}/${path}`, { recursive: true });
      await Deno.copyFile(new URL(`${path}/${name}`, ROOT), `${to}/${path}/${name}`);
    }
  }
}

/** Serves what was built, and is the backend that hands out tokens. */
function serveBuilt(folder: string, service: Service): Deno.HttpServer<Deno.NetAddr> {
  const options = { hostname: "127.0.0.1", port: 0, onListen() {} };
  return Deno.serve(options, async (request) => {
    const { pathname } = new URL(request.url);
    if (pathname === "/dev/credentials") {
      return Response.json({ token: await service.token("ada") });
    }
    const file = pathname === "/" ? "/index.html" : pathname;
    const body = await Deno.readFile(folder + file).catch(() => undefined);
    if (body === undefined) return new Response("Nothing here", { status: 404 });
    const type = file.endsWith(".js") ? "text/javascript" : "text/html";
    return new Response(body, { headers: { "content-type": type } });
  });
}
