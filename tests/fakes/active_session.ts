import { UserChannel } from "../../src/gateway/fanout/user_channel.ts";
import type { UserState } from "../../src/gateway/fanout/user_state.ts";
import { Active } from "../../src/gateway/session/active.ts";
import type { Session } from "../../src/gateway/session/session.ts";
import type { MembershipsOfUser } from "../../src/store/inbox/memberships.ts";
import { unexpected } from "./error_reports.ts";

/** Makes a session active for the user `ada`, with no counts of the user's own. */
export function activate(session: Session, memberships: MembershipsOfUser = new Map()): Active {
  const state: Partial<UserState> = {
    user: "ada",
    memberships,
    version: 1,
    ownCounts: { unread: 0, unseen: 0 },
  };
  const channel = new UserChannel(state as UserState, {
    fetchEarlier: () => Promise.resolve(),
    onError: unexpected,
  });
  const token = { user: "ada", topics: ["*"], expiresAt: Infinity, publish: [] };
  const active = new Active({ session, token, channel, onFellBehind() {} });
  session.activate(active);
  return active;
}
