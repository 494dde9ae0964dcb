// long: thousands of calls
import assert from "node:assert/strict";
import { within } from "../drivers/deadline.ts";
import { findSchemathesis, SCHEMATHESIS_FOLDER } from "../drivers/schemathesis.ts";
import { Service } from "../drivers/service.ts";

const schemathesis = findSchemathesis();
/** The same calls in every run: what is found by chance would be nobody's fault in particular. */
const SEED = Deno.env.get("SCHEMATHESIS_SEED") ?? "1";

Deno.test({
  name: "the running service does what /openapi.json says, whatever it is sent",
  ignore: schemathesis === undefined,
  async fn() {
    await using service = await Service.start();
    const child = new Deno.Command(schemathesis as string, {
      args: [
        ...["--config-file", `${SCHEMATHESIS_FOLDER}/schemathesis.toml`],
        ...["run", `${service.url}/openapi.json`, "--seed", SEED, "--max-examples", "20"],
        ...["--no-color", "--workers", "1", "--generation-database", "none"],
      ],
      env: {
        PUBLISHER_KEY: service.key,
        USER_TOKEN: await service.token("tester", { claims: { topics: ["*"] } }),
        PYTHONPATH: SCHEMATHESIS_FOLDER,
        PYTHONDONTWRITEBYTECODE: "1",
      },
      cwd: service.folder,
    });
    const { success, stdout } = await within(child.output(), "the API tester's end", 180_000);
    const report = new TextDecoder().decode(stdout);
    assert(success, `\n${report}`);
    const [, tested] = /^\s*Tested: (\d+)$/m.exec(report) ?? [];
    const [, generated] = /^\s*(\d+) generated/m.exec(report) ?? [];
    assert(Number(tested) >= 15 && Number(generated) > 300, report);
    assert.deepEqual(service.output.log.filter(({ level }) => level === "error"), []);
  },
});
