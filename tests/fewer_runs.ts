/** Loaded before the unit tests: a property stops after 500 ms, whatever number of runs it asks for. */
import fc from "fast-check";

fc.configureGlobal({ interruptAfterTimeLimit: 500 });
