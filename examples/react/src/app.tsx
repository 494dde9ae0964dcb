/** @jsxImportSource react */
import { useBell, useConnection, useNotifications, useUnreadCount } from "@bellwire/client/react";
import { type ReactElement, useState } from "react";

/** An inbox made of hooks only. */
export function App(): ReactElement {
  const bell = useBell();
  const unread = useUnreadCount();
  const { state } = useConnection();
  const [filter, setFilter] = useState<"active" | "unread">("active");
  const { items, hasMore, loadMore } = useNotifications({ filter });
  return (
    <main>
      <h1>Notifications ({unread})</h1>
      <p role="status">{state}</p>
      <label>
        <input
          type="checkbox"
          checked={filter === "unread"}
          onChange={(event) => setFilter(event.currentTarget.checked ? "unread" : "active")}
        />{" "}
        Unread only
      </label>{" "}
      <button type="button" onClick={() => void bell.markAll("read")}>Mark all as read</button>
      <ul>
        {items.map((item) => (
          <li key={item.id}>
            {item.read ? item.title : <strong>{item.title}</strong>}{" "}
            <button
              type="button"
              aria-label={`Archive ${item.title}`}
              onClick={() => void bell.mark("archive", item)}
            >
              Archive
            </button>
          </li>
        ))}
      </ul>
      {hasMore && <button type="button" onClick={() => void loadMore()}>Older ones</button>}
    </main>
  );
}
