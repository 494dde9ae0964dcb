// @ts-check
import { Access } from "./playground/access.js";
import { Answers } from "./playground/answers.js";
import { Devices } from "./playground/devices.js";
import { find } from "./playground/dom.js";
import { Publisher } from "./playground/publisher.js";
import { PublishPanel } from "./playground/publish_panel.js";

const DEFAULT_USER = "ada";

const topics = find(document, ".topics", HTMLFormElement);
const told = find(topics, "output", HTMLOutputElement);
const userForm = find(document, ".user", HTMLFormElement);
const userInput = find(userForm, "input", HTMLInputElement);
userInput.value = new URLSearchParams(location.search).get("user") ?? DEFAULT_USER;
if (!userInput.checkValidity()) userInput.value = DEFAULT_USER;

const access = new Access(userInput.value);
const publisher = new Publisher(access);
const answers = new Answers(find(document, ".results", HTMLElement), publisher);
const panel = new PublishPanel(document, { access, publisher, answers });
const devices = new Devices(find(document, ".stage", HTMLElement), access);

userForm.addEventListener("submit", (event) => {
  event.preventDefault();
  const user = userInput.value;
  if (user === access.user) return;
  access.become(user);
  panel.address();
  told.value = "";
  history.replaceState(
    null,
    "",
    user === DEFAULT_USER ? "/" : `/?${new URLSearchParams({ user })}`,
  );
  devices.startOver();
});

topics.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { submitter } = event;
  const leaves = submitter instanceof HTMLButtonElement && submitter.value === "leave";
  const topic = find(topics, "[name=topic]", HTMLInputElement).value;
  told.value = "";
  try {
    if (leaves) await devices.bell?.leave(topic);
    else await devices.bell?.join(topic);
    told.value = leaves ? `Left ${topic}` : `Joined ${topic}`;
  } catch (error) {
    told.value = error instanceof Error ? error.message : String(error);
  }
});

devices.add("laptop");
devices.add("phone");
