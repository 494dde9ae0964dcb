import { join } from "node:path";

/**
 * Chromium, as `CHROMIUM_BIN` says, or on the `PATH`, or where macOS keeps applications.
 *
 * @returns the path, or undefined: a test that needs it then has to be ignored
 */
export function findChromium(): string | undefined {
  return find("CHROMIUM_BIN", {
    names: ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    places: [
      "/Applications/Chromium.app/Contents/MacOS/Chromium",
      "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    ],
  });
}

/**
 * `denokv`, as `DENOKV_BIN` says, or on the `PATH`, or where cargo installs.
 *
 * @returns the path, or undefined: a test that needs it then has to be ignored
 */
export function findDenokv(): string | undefined {
  const home = Deno.env.get("HOME");
  return find("DENOKV_BIN", {
    names: ["denokv"],
    places: home === undefined ? [] : [join(home, ".cargo", "bin", "denokv")],
  });
}

/**
 * Caddy, as `CADDY_BIN` says, or on the `PATH`.
 *
 * @returns the path, or undefined: a test that needs it then has to be ignored
 */
export function findCaddy(): string | undefined {
  return find("CADDY_BIN", { names: ["caddy"], places: [] });
}

/**
 * nginx, as `NGINX_BIN` says, or on the `PATH`, or where Debian puts it, which is on root's only.
 *
 * @returns the path, or undefined: a test that needs it then has to be ignored
 */
export function findNginx(): string | undefined {
  const places = ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/opt/homebrew/bin/nginx"];
  return find("NGINX_BIN", { names: ["nginx"], places });
}

/** A program on the `PATH`. */
export function findOnPath(...names: string[]): string | undefined {
  const folders = (Deno.env.get("PATH") ?? "").split(Deno.build.os === "windows" ? ";" : ":");
  return folders.filter((folder) => folder !== "")
    .flatMap((folder) => names.map((name) => join(folder, name))).find(isFile);
}

function find(
  variable: string,
  { names, places }: { names: readonly string[]; places: readonly string[] },
): string | undefined {
  const told = Deno.env.get(variable);
  // A path that was told and is wrong must not be replaced by a guess.
  if (told) return isFile(told) ? told : undefined;
  return findOnPath(...names) ?? places.find(isFile);
}

function isFile(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
