"""What schemathesis does not know by itself."""

import schemathesis


@schemathesis.serializer("message/rfc822")
def mail(ctx, value):
    """A mail is bytes: what was made up is sent as it is."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
