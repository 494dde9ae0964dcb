/** One thing that is wrong with a request. */
export interface Issue {
  /** Where, such as `to.users.3`; empty for the request as a whole. */
  readonly path: string;
  /** What it should be; never what it was. */
  readonly message: string;
}

/** The request is not what the contract asks for. */
export class InvalidRequest extends Error {
  override readonly name = "InvalidRequest";
  readonly code = "invalid_request";
  /** @param message holds nothing that was submitted */
  constructor(message: string, readonly issues: readonly Issue[] = []) {
    super(message);
  }
}

/** The body, or the notification as it would be stored, is larger than allowed. */
export class PayloadTooLarge extends Error {
  override readonly name = "PayloadTooLarge";
  readonly code = "payload_too_large";
  constructor(message: string) {
    super(message);
  }
}
