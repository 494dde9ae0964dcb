/** Tells times in one language; making a formatter costs much more than using it. */
export declare class Times {
    #private;
    /** @param lang a language of the browser; another one is told in the browser's own */
    constructor(lang: string, justNow: string);
    /** How long ago; after a week the date. @param now milliseconds since 1970 */
    short(rfc3339: string, now: number): string;
    /** Day and time, to be shown on hovering. */
    full(rfc3339: string): string;
}
