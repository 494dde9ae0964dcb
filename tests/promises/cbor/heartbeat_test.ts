import { speak } from "../../drivers/encoding.ts";

speak("bellwire.v1.cbor");
await import("../heartbeat_test.ts");
