/** A file that a browser gets. */
export interface WebFile {
  /** Where it is served, such as `/playground/device.js`. */
  readonly path: string;
  readonly contentType: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  css: "text/css; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  svg: "image/svg+xml",
};

/**
 * Reads all that a browser can show below a folder. What is found here is all there is to serve: no
 * request ever becomes a path in the file system.
 *
 * @param folder ends with a slash
 * @throws what Deno throws where the folder or a file in it can't be read
 */
export async function readWebFiles(folder: URL, path = "/"): Promise<WebFile[]> {
  const files: WebFile[] = [];
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) {
      files.push(...await readWebFiles(new URL(`${name}/`, folder), `${path}${name}/`));
      continue;
    }
    const contentType = CONTENT_TYPES[name.slice(name.lastIndexOf(".") + 1)];
    if (contentType === undefined) continue;
    const bytes = await Deno.readFile(new URL(name, folder));
    files.push({ path: path + name, contentType, bytes });
  }
  return files;
}
