import type { Notification } from "../notification.ts";
import type { MarkOp } from "../notification.ts";
import type { BellwireEvents } from "./bellwire_element.ts";
import type { ItemRow, RowCommand } from "./item_row.ts";

/** What clicks on rows lead to. */
export interface RowClickActions {
  readonly rowOf: (target: EventTarget | null) => ItemRow | undefined;
  /**
   * Marks on the bell that is shown now. It is called before the page hears of a click, and its result
   * afterwards: the page may take the bell away meanwhile, as a popover does that closes.
   */
  readonly marker: () => (op: MarkOp, item: Notification) => void;
  /** @returns whether the browser may follow the link */
  readonly tell: <K extends keyof BellwireEvents>(
    name: K,
    detail: BellwireEvents[K]["detail"],
  ) => boolean;
}

/** Carries out what is clicked in a list of rows, with any button of the mouse and by the keyboard. */
export function followClicks(list: HTMLElement, actions: RowClickActions): void {
  const click = (event: MouseEvent) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-do]");
    const row = actions.rowOf(button);
    if (!button || !row) return;
    const newTab = button instanceof HTMLAnchorElement && opensElsewhere(event);
    // Of the clicks with other buttons only those that open a link mean anything.
    if (event.type === "auxclick" && !newTab) return;
    const command = button.dataset["do"] as RowCommand;
    if (command === "expand") return row.expand();
    const { item } = row;
    const mark = actions.marker();
    if (command !== "open" && command !== "action") return mark(command, item);
    const detail = { notification: item, newTab };
    const goesOn = command === "open"
      ? actions.tell("bellwire-open", detail)
      : actions.tell("bellwire-action", { ...detail, action: button.dataset["action"] ?? "" });
    if (!goesOn) event.preventDefault();
    if (!item.read) mark("read", item);
  };
  list.addEventListener("click", click);
  // A middle click opens a link in a new tab, and is no "click".
  list.addEventListener("auxclick", click);
}

/** Whether the browser opens a link that is clicked like this in another tab or window, or saves it. */
function opensElsewhere({ button, ctrlKey, metaKey, shiftKey, altKey }: MouseEvent): boolean {
  return button === 1 || (button === 0 && (ctrlKey || metaKey || shiftKey || altKey));
}
