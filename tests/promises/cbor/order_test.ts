import { speak } from "../../drivers/encoding.ts";

speak("bellwire.v1.cbor");
await import("../order_test.ts");
