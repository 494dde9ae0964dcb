export * from "./types/elements/mod.js";
