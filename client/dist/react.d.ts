export * from "./types/react/mod.js";
