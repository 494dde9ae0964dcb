// deno-lint-ignore-file no-console -- a command-line program
/**
 * A chat in the terminal, on nothing but the protocol: each line that is typed goes to a topic, and
 * whatever the members say comes, also what was said while one was away. See README.md beside it.
 */
const [token, topic = "chat", url = "ws://127.0.0.1:8000/v1/stream"] = Deno.args;
if (token === undefined) throw new Error("Usage: chat.ts <token> [topic] [url]");

const stream = `topic:${topic}`;
const socket = new WebSocket(url, ["bellwire.v1", `bearer.${token}`]);
const say = (message: object) => socket.send(JSON.stringify(message));
const show = ({ from = "someone", title }: { from?: string; title: string }) =>
  console.log(`${from}: ${title}`);

socket.onopen = () => say({ type: "hello" });
socket.onmessage = ({ data }) => {
  for (const message of [JSON.parse(data)].flat()) {
    if (message.type === "welcome") say({ type: "subscribe", topic });
    if (message.type === "ping") say({ type: "pong" });
    if (message.type === "reset" && message.stream === stream) {
      message.items.reverse().forEach(show);
      console.log(`-- You are in ${topic}. Type a line.`);
    }
    if (message.type === "notification" && message.stream === stream) show(message.item);
    if (message.type === "error") console.error(`-- ${message.message}`);
  }
};
socket.onclose = ({ code, reason }) => {
  console.error(`-- The connection has ended: ${code} ${reason}`);
  Deno.exit(1);
};

for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  for (const title of text.split("\n").filter((line) => line.trim() !== "")) {
    say({ type: "publish", topic, title: title.slice(0, 200), ref: 0 });
  }
}
