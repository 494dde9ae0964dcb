"""Lets the API tester write bodies in CBOR, too."""

import cbor2
import schemathesis


@schemathesis.serializer("application/cbor")
def as_cbor(ctx, value):
    return cbor2.dumps(value)
