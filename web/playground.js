// @ts-check
import { Access } from "./playground/access.js";
import { Device } from "./playground/device.js";
import { find } from "./playground/dom.js";
import { PublishPanel } from "./playground/publish_panel.js";

const DEFAULT_USER = "ada";

const userForm = find(document, ".user", HTMLFormElement);
const userInput = find(userForm, "input", HTMLInputElement);

userInput.value = new URLSearchParams(location.search).get("user") ?? DEFAULT_USER;
if (!userInput.checkValidity()) userInput.value = DEFAULT_USER;

const access = new Access(userInput.value);
const panel = new PublishPanel(find(document, ".publish", HTMLElement), access);
const streamUrl = new URL("/v1/stream", location.href);
streamUrl.protocol = location.protocol === "https:" ? "wss:" : "ws:";

const devices = (/** @type {const} */ (["laptop", "phone"])).map((form) =>
  new Device({
    name: form === "laptop" ? "Laptop" : "Phone",
    form,
    url: streamUrl.href,
    credentials: () => access.renew(),
  })
);
find(document, ".devices", HTMLElement).append(...devices.map(({ element }) => element));

userForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const user = userInput.value;
  if (user === access.user) return;
  access.become(user);
  panel.address(user);
  history.replaceState(
    null,
    "",
    user === DEFAULT_USER ? "/" : `/?${new URLSearchParams({ user })}`,
  );
  for (const device of devices) device.startOver();
});

find(document, ".topics", HTMLFormElement).addEventListener("submit", (event) => {
  event.preventDefault();
  const { submitter } = event;
  const type = submitter instanceof HTMLButtonElement && submitter.value === "unsubscribe"
    ? "unsubscribe"
    : "subscribe";
  devices.find(({ isLive }) => isLive)?.follow(
    type,
    find(document, "#topic", HTMLInputElement).value,
  );
});

for (const device of devices) device.goOnline();
