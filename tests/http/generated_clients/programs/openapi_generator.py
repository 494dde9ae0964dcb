"""Uses the client that openapi-generator has made in Python, and prints what came of it."""

import datetime
import json
import os
import sys

sys.path.insert(0, os.environ["CLIENT_FOLDER"])

import openapi_client as made  # noqa: E402


def client(token):
    configuration = made.Configuration(host=os.environ["BASE_URL"], access_token=token)
    return made.ApiClient(configuration)


publisher = made.PublisherApi(client(os.environ["PUBLISHER_KEY"]))
user = made.UserApi(client(os.environ["USER_TOKEN"]))
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)


def refusal(call):
    try:
        call()
    except made.ApiException as error:
        return error
    raise AssertionError("It was not refused")


ada = made.Recipients(user="ada")
first = made.Notification(
    to=ada,
    title="Build finished",
    priority="high",
    data={"build": 41},
    actions=[made.Action(id="open", label="Open")],
    ttl=3600,
)
key = "a key of the tests"
published = publisher.publish_notification_with_http_info(first, idempotency_key=key)
repeated = publisher.publish_notification(first, idempotency_key=key)
everyone = publisher.publish_notification(
    made.Notification(to=made.Recipients(everyone=True), title="Maintenance")
)
scheduled = publisher.publish_notification_with_http_info(
    made.Notification(to=ada, title="Later", send_at=now + day)
)
late = made.Notification(to=ada, title="Too late", send_at=now - day)
refused = refusal(lambda: publisher.publish_notification(late))
batch = publisher.publish_batch(
    made.Batch(
        notifications=[
            made.Notification(to=ada, title="Two"),
            made.Notification(to=ada, title="Three"),
        ]
    )
)
page = user.list_inbox(limit=100)
item = next(item for item in page.items if item.title == "Build finished")
marked = [
    user.mark_items_with_http_info(mark).status_code
    for mark in [
        made.Mark(op="read", items=[item.seq]),
        made.Mark(op="read", up_to=made.MarkUpTo(item.seq), stream="user"),
        made.Mark(op="read", up_to=made.MarkUpTo({"user": item.seq + 2})),
    ]
]
counts = user.count_inbox()
status = publisher.get_notification(str(published.data.id))
future = publisher.get_notification("00000000-0000-7000-8000-00000000f00d")
unknown = refusal(lambda: publisher.user_presence("from-the-future"))
revocation = made.Revocation(user="ada", issued_before=now.isoformat())
revoked = publisher.revoke_tokens_with_http_info(revocation)
print(json.dumps({
    "published": [published.status_code, published.data.deliveries[0].stream],
    "repeated": repeated.id == published.data.id,
    "everyone": everyone.deliveries[0].stream,
    "scheduled": [scheduled.status_code, scheduled.data.send_at > now],
    "refused": [refused.status, refused.data.code, refused.data.errors[0].path],
    "batch": [result.status for result in batch.results],
    "item": [item.title, item.priority, item.data["build"], item.actions[0].label, item.read],
    "marked": marked,
    "unread": counts.unread,
    "status": [status.state, status.deliveries[0].read],
    "future": future.state,
    "unknown": [unknown.status, unknown.data.code],
    "revoked": revoked.status_code,
}))
