/** Fields that make a notification so large; no single one may be. */
export function largeFields(kilobytes: number): Record<string, unknown> {
  const data = "n".repeat(Math.min(15, kilobytes) * 1_000);
  // Three bytes each, so that frames are larger in bytes than in characters.
  const text = "通".repeat(Math.max(0, kilobytes - 15) * 1_000 / 9);
  return { data, body: text, icon: text, image: text };
}
