/** There is nothing at this address. */
export class NotFound extends Error {
  override readonly name = "NotFound";
  readonly code = "not_found";
  constructor() {
    super("There is nothing here");
  }
}

/** The address is right, the method is not. */
export class MethodNotAllowed extends Error {
  override readonly name = "MethodNotAllowed";
  readonly code = "method_not_allowed";
  /** @param allow the methods there are */
  constructor(readonly allow: readonly string[]) {
    super(`Only ${allow.join(", ")} is answered here`);
  }
}

/** The body comes in a form that is not read here. */
export class UnsupportedMediaType extends Error {
  override readonly name = "UnsupportedMediaType";
  readonly code = "unsupported_media_type";
  constructor(message: string) {
    super(message);
  }
}
