/** @jsxImportSource react */
import { connect } from "@bellwire/client";
import { BellProvider } from "@bellwire/client/react";
import { createRoot } from "react-dom/client";
import { App } from "./app.tsx";

const parameters = new URLSearchParams(location.search);
const user = parameters.get("user") ?? "ada";

const bell = connect(parameters.get("server") ?? "http://localhost:8000", {
  getToken: async () => {
    const answer = await fetch(`/dev/credentials?user=${encodeURIComponent(user)}`);
    if (!answer.ok) throw new Error(`No token: ${answer.status}`);
    return (await answer.json()).token;
  },
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <BellProvider bell={bell}>
      <App />
    </BellProvider>,
  );
}
