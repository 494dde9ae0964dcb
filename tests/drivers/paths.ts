import { join } from "node:path";

/** The repository's root folder, as a path. */
export const ROOT = join(import.meta.dirname ?? "", "..", "..");

/** Folder with the certificates that tests use, as a path. */
export const TLS_FOLDER = join(import.meta.dirname ?? "", "tls");
