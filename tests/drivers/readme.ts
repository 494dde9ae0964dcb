/**
 * The piece of code in one of the project's documents that has a certain text in it.
 *
 * @param path below the root of the project
 * @param text what no other of its pieces has
 * @throws {Error} where there is none, or there are several
 */
export async function codeOf(path: string, text: string): Promise<string> {
  const file = new URL(`../../${path}`, import.meta.url);
  const pieces = [...(await Deno.readTextFile(file)).matchAll(/^```[^\n]*\n(.*?)^```$/gms)]
    .map(([, code = ""]) => code).filter((code) => code.includes(text));
  const [piece] = pieces;
  if (piece === undefined || pieces.length > 1) {
    throw new Error(`${path} has ${pieces.length} pieces of code with ${text}`);
  }
  return piece;
}
