/** Whether two types are the same; `any` equals only itself. */
export type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2)
  ? true
  : false;

/** Compiles only where the type is `true`. */
export function typesHold<_Holds extends true>(): void {}
