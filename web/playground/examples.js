// @ts-check

/** What some apps publish: the fields of the form, by name. @type {Record<string, Record<string, string>>} */
export const EXAMPLES = {
  build: {
    "title": "Build finished",
    "body": "All 214 checks passed on main.",
    "category": "builds",
    "url": "https://ci.example.com/builds/4127",
  },
  incident: {
    "title": "Checkout errors above 2 %",
    "body": "eu-west has answered 2.4 % of payments with an error for five minutes.",
    "category": "incidents",
    "priority": "urgent",
    "collapseKey": "incident-418",
    "actions.0.id": "acknowledge",
    "actions.0.label": "Acknowledge",
    "actions.1.id": "runbook",
    "actions.1.label": "Open runbook",
    "actions.1.url": "https://wiki.example.com/runbooks/checkout",
    "data": '{"service": "checkout", "region": "eu-west"}',
  },
  request: {
    "title": "Grace asks for access to “Roadmap 2027”",
    "body": "She would like to edit it.",
    "category": "access",
    "icon": "/samples/grace.svg",
    "actions.0.id": "allow",
    "actions.0.label": "Allow",
    "actions.1.id": "deny",
    "actions.1.label": "Deny",
  },
  photo: {
    "title": "Alan shared a photo",
    "body": "The view from the new office.",
    "category": "social",
    "icon": "/samples/alan.svg",
    "image": "/samples/harbour.svg",
    "url": "https://photos.example.com/harbour",
  },
  invoice: {
    "title": "Invoice 2041 is overdue",
    "body": "It was due on 14 November.",
    "category": "billing",
    "priority": "high",
    "url": "https://billing.example.com/invoices/2041",
  },
  reminder: {
    "title": "Stand-up in five minutes",
    "category": "calendar",
    "delay": "10",
    "ttl": "300",
  },
  maintenance: {
    "kind": "everyone",
    "title": "Maintenance tonight at 22:00 UTC",
    "body": "Sign-in will be away for about ten minutes.",
    "category": "status",
  },
};
