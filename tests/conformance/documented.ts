/** A numbered rule of docs/protocol.md. */
export interface Documented {
  readonly id: string;
  /** Whether it can be tried from outside: the others are marked with °. */
  readonly canBeTried: boolean;
}

/** The rules of the document, in its order. */
export function documentedRules(markdown: string): Documented[] {
  const items = markdown.split(/^(?=[-#|]|\s*$)/m).filter((text) =>
    /^- \*\*[A-Z]-\d+\*\*/.test(text)
  );
  return items.map((text) => ({
    id: /[A-Z]-\d+/.exec(text)?.[0] ?? "",
    canBeTried: !text.trimEnd().endsWith("°"),
  }));
}
