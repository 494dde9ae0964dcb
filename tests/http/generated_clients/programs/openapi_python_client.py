"""Uses the client that openapi-python-client has made, and prints what came of it."""

import datetime
import json
import os
import sys

sys.path.insert(0, os.environ["CLIENT_FOLDER"])

from bellwire import AuthenticatedClient  # noqa: E402
from bellwire.api.publisher import (  # noqa: E402
    get_notification,
    publish_batch,
    publish_notification,
    revoke_tokens,
    user_presence,
)
from bellwire.api.user import count_inbox, list_inbox, mark_items  # noqa: E402
from bellwire.models import (  # noqa: E402
    Action,
    Batch,
    Mark,
    MarkOp,
    MarkUpToType1,
    Notification,
    NotificationPriority,
    Recipients,
    Revocation,
)

base_url = os.environ["BASE_URL"]
publisher = AuthenticatedClient(base_url=base_url, token=os.environ["PUBLISHER_KEY"])
user = AuthenticatedClient(base_url=base_url, token=os.environ["USER_TOKEN"])
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)


def publish(notification, **more):
    return publish_notification.sync_detailed(client=publisher, body=notification, **more)


ada = Recipients(user="ada")
first = Notification(
    to=ada,
    title="Build finished",
    priority=NotificationPriority.HIGH,
    actions=[Action(id="open", label="Open")],
    ttl=3600,
)
first.data = {"build": 41}
key = "a key of the tests"
published = publish(first, idempotency_key=key)
repeated = publish(first, idempotency_key=key)
everyone = publish(Notification(to=Recipients(everyone=True), title="Maintenance"))
scheduled = publish(Notification(to=ada, title="Later", send_at=now + day))
refused = publish(Notification(to=ada, title="Too late", send_at=now - day))
batch = publish_batch.sync(
    client=publisher,
    body=Batch(notifications=[Notification(to=ada, title="Two"), Notification(to=ada, title="Three")]),
)
page = list_inbox.sync(client=user, limit=100)
item = next(item for item in page.items if item.title == "Build finished")
marked = [
    mark_items.sync_detailed(client=user, body=mark).status_code.value
    for mark in [
        Mark(op=MarkOp.READ, items=[item.seq]),
        Mark(op=MarkOp.READ, up_to=item.seq, stream="user"),
        Mark(op=MarkOp.READ, up_to=MarkUpToType1.from_dict({"user": item.seq + 2})),
    ]
]
counts = count_inbox.sync(client=user)
status = get_notification.sync(client=publisher, id=str(published.parsed.id))
future = get_notification.sync(client=publisher, id="00000000-0000-7000-8000-00000000f00d")
unknown = user_presence.sync_detailed(client=publisher, user="from-the-future")
revoked = revoke_tokens.sync_detailed(
    client=publisher,
    body=Revocation(user="ada", issued_before=now.isoformat()),
)
print(json.dumps({
    "published": [published.status_code.value, published.parsed.deliveries[0].stream],
    "repeated": repeated.parsed.id == published.parsed.id,
    "everyone": everyone.parsed.deliveries[0].stream,
    "scheduled": [scheduled.status_code.value, scheduled.parsed.send_at > now],
    "refused": [refused.status_code.value, refused.parsed.code, refused.parsed.errors[0].path],
    "batch": [result.status for result in batch.results],
    "item": [item.title, item.priority, item.data["build"], item.actions[0].label, item.read],
    "marked": marked,
    "unread": counts.unread,
    "status": [status.state, status.deliveries[0].read],
    "future": future.state,
    "unknown": [unknown.status_code.value, unknown.parsed.code],
    "revoked": revoked.status_code.value,
}))
