import { type Browser, chromium } from "playwright-core";
import { findChromium } from "./find_programs.ts";

/** Where Chromium is; undefined where there is none, so that its tests have to be ignored. */
export const CHROMIUM = findChromium();

/** It must not reach for the network on its own, and runs as root in containers. */
export const FLAGS: readonly string[] = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/**
 * Starts a real Chromium without a window. Disposing of it ends its processes.
 *
 * @param flags more of its command line
 * @throws {Error} where there is none
 */
export function launchChromium({ flags = [] }: { flags?: string[] } = {}): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error("There is no Chromium on this machine");
  return chromium.launch({ executablePath: CHROMIUM, args: [...FLAGS, ...flags] });
}
