import { speak } from "../../drivers/encoding.ts";

speak("bellwire.v1.cbor");
await import("../resume_test.ts");
