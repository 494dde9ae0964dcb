/** How far the clocks of a token's issuer and of the service may differ. */
export const CLOCK_TOLERANCE_SECONDS = 5;

/** {@link CLOCK_TOLERANCE_SECONDS} in milliseconds. */
export const CLOCK_TOLERANCE_MS = CLOCK_TOLERANCE_SECONDS * 1000;
