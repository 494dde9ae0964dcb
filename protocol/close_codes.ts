/**
 * Why the service closes a connection, as the code of the close frame and of `disconnect`. Codes below
 * 4500 ask the client to reconnect; codes from 4500 on tell it not to.
 */
export type CloseCodes = {
  readonly goingAway: 4001;
  readonly tokenExpired: 4003;
  readonly internal: 4004;
  readonly tooSlow: 4008;
  readonly noHello: 4009;
  readonly noPong: 4012;
  readonly rateLimited: 4013;
  readonly atCapacity: 4014;
  readonly invalidToken: 4500;
  readonly protocolError: 4501;
  readonly revoked: 4503;
  readonly tooManyConnections: 4504;
  readonly forbidden: 4507;
  readonly unsupportedVersion: 4508;
  readonly messageTooLarge: 4509;
};

export type CloseCode = CloseCodes[keyof CloseCodes];

/** The codes that tell a client not to reconnect. */
export type FinalCloseCode = Final<CloseCode>;

type Final<Code extends CloseCode> = Code extends Code
  ? `${Code}` extends `45${string}` ? Code : never
  : never;
