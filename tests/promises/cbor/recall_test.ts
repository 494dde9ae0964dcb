import { speak } from "../../drivers/encoding.ts";

speak("bellwire.v1.cbor");
await import("../recall_test.ts");
