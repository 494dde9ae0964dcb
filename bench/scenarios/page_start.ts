import { eventually } from "../../tests/drivers/deadline.ts";
import { Latencies } from "../load/latencies.ts";
import { startBrowserApp } from "./browser_app.ts";
import type { Load, Result } from "./scenario.ts";

/**
 * From a page's `import()` of the client until it knows of a notification: one that waits for a user
 * who is here for the first time, and one that a user has missed who was here before. The page is
 * warm: it is loaded, and the client lies in the browser's cache, which asks whether it still holds.
 */
export async function pageStart(load: Load): Promise<Result> {
  await using app = await startBrowserApp(load);
  const url = `http://127.0.0.1:${load.port}`;
  const first = new Latencies(load.scale.pageStarts);
  const returning = new Latencies(load.scale.pageStarts);
  // The first time fills the cache.
  for (let time = -1; time < load.scale.pageStarts; time++) {
    const user = `visitor-${time + 1}`;
    await app.publish(user);
    const visit = await app.open(user);
    const firstMs = await visit.evaluate<number>(
      connected(url, "bell.getSnapshot().items.length > 0"),
    );
    await eventually(() => visit.evaluate<boolean>(STORED), "the page to be stored");
    await visit.close();
    await app.publish(user);
    const again = await app.open(user);
    const againMs = await again.evaluate<number>(connected(url, "told > 0"));
    await again.close();
    if (time < 0) continue;
    first.record(firstMs);
    returning.record(againMs);
  }
  return { firstP50: first.percentile(0.5), returningP50: returning.percentile(0.5) };
}

/** Connects, and gives the milliseconds until something is so. */
function connected(url: string, isSo: string): string {
  return `(async () => {
    const start = performance.now();
    const { connect } = await import("${url}/client.js");
    const bell = connect("${url}", {
      getToken: () => fetch("/token" + location.search).then((answer) => answer.text()),
    });
    let told = 0;
    return await new Promise((resolve) => {
      const look = () => ${isSo} && resolve(performance.now() - start);
      bell.on("notification", () => { told++; look(); });
      bell.subscribe(look);
    });
  })()`;
}

/** Whether the page's user is on the disk. */
const STORED = `new Promise((resolve) => {
  indexedDB.open("bellwire").onsuccess = ({ target: { result } }) => {
    if (!result.objectStoreNames.contains("states")) return result.close(), resolve(false);
    const keys = result.transaction("states").objectStore("states").getAllKeys();
    keys.onsuccess = () => {
      result.close();
      resolve(keys.result.some((key) => key.endsWith(" " + new URLSearchParams(location.search).get("user"))));
    };
  };
})`;
