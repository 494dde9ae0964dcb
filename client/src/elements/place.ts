const GAP = 8;

/**
 * Puts a panel below a button, or above it where there is more room, and keeps it within the window.
 * Positions go through the CSSOM, which policies against inline styles allow.
 *
 * @param panel has a fixed position
 * @param toLeft whether it reaches from the button's right edge to the left
 */
export function placePanel(panel: HTMLElement, button: HTMLElement, toLeft: boolean): void {
  const { clientWidth, clientHeight } = document.documentElement;
  const at = button.getBoundingClientRect();
  const below = clientHeight - at.bottom - 2 * GAP;
  const above = at.top - 2 * GAP;
  const isBelow = below >= Math.min(panel.scrollHeight, 320) || below >= above;
  const { style } = panel;
  style.setProperty("--_room", `${Math.max(160, isBelow ? below : above)}px`);
  const { width } = panel.getBoundingClientRect();
  const wanted = toLeft ? at.right - width : at.left;
  style.left = `${Math.max(GAP, Math.min(wanted, clientWidth - width - GAP))}px`;
  style.top = isBelow ? `${at.bottom + GAP}px` : "auto";
  style.bottom = isBelow ? "auto" : `${clientHeight - at.top + GAP}px`;
}
