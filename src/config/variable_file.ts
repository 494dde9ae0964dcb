/** A file that a variable names can't be used; the message goes on after "names", without the path. */
export class FileUnusable extends Error {
  override readonly name = "FileUnusable";
}

/** Reads the text of a file. Throws {@link FileUnusable}. */
export type ReadFile = (path: string) => string;

/** No list of keys or origins comes near; a device without an end would never be read to it. */
const BYTES_MAX = 1024 * 1024;

/**
 * Reads a file of settings, as Docker and Kubernetes mount them. The path is not told in an error:
 * where somebody has confused the two variables, it is the secret itself.
 */
export function readSmallFile(path: string): string {
  try {
    const { isFile, size } = Deno.statSync(path);
    if (!isFile) throw new FileUnusable("something that is not a file");
    if (size > BYTES_MAX) throw new FileUnusable("a file of more than 1 MiB");
    return new TextDecoder("utf-8", { fatal: true }).decode(Deno.readFileSync(path));
  } catch (cause) {
    if (cause instanceof FileUnusable) throw cause;
    if (cause instanceof Deno.errors.NotFound) {
      throw new FileUnusable("a file that does not exist", { cause });
    }
    if (cause instanceof TypeError) throw new FileUnusable("a file that is not text", { cause });
    throw new FileUnusable("a file that can't be read: is it permitted to this user?", { cause });
  }
}
