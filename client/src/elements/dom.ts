/** What {@link h} sets: attributes by name; `false` and undefined leave one out. */
export type Attributes = Readonly<Record<string, string | number | boolean | undefined>>;

/**
 * Makes an element. Text stays text, and nothing here is HTML or an inline style, so that it works under
 * the strictest policies.
 *
 * @example
 * ```ts ignore
 * h("p", { class: "body" }, notification.body ?? "");
 * ```
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) setAttribute(element, name, value);
  element.append(...children);
  return element;
}

/** Sets an attribute, or takes it away, and leaves alone what is as wanted. */
export function setAttribute(
  element: Element,
  name: string,
  value: string | number | boolean | undefined,
): void {
  if (value === undefined || value === false) return element.removeAttribute(name);
  const text = value === true ? "" : String(value);
  if (element.getAttribute(name) !== text) element.setAttribute(name, text);
}

/** Sets a text, and leaves alone what is as wanted: screen readers would say it once more. */
export function setText(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const PATHS = {
  bell: "M6 9a6 6 0 0 1 12 0v4l1.8 3.2H4.2L6 13ZM9.8 19.4a2.4 2.4 0 0 0 4.4 0",
  alert: "M12 7v6M12 16.6v.1M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18Z",
  check: "m5 12.5 4.5 4.5L19 7.5",
  dot: "M12 8.4a3.6 3.6 0 1 0 0 7.2 3.6 3.6 0 0 0 0-7.2Z",
  archive: "M4 8v10.5h16V8M3 4.5h18V8H3ZM10 12h4",
  back: "M4 12.5v6h16v-6M12 15V4.5M8 8.5l4-4 4 4",
  away: "M3 3l18 18M7 9.5A5 5 0 0 0 8 19h9.5M10.5 5.6A6 6 0 0 1 18 10a4.5 4.5 0 0 1 2.9 7.2",
  trash: "M4.5 6.5h15M9.5 6.5v-2h5v2M6.5 6.5l.8 13h9.4l.8-13M10.2 10.5v5.5M13.8 10.5v5.5",
} as const;

/** The name of a drawing. */
export type IconName = keyof typeof PATHS;

const SVG = "http://www.w3.org/2000/svg";

/** Draws an icon in the colour of the text around it. It says nothing to screen readers. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const path = document.createElementNS(SVG, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/**
 * Where a text of a publisher leads, if that is a place one may go to or load from: an http(s) URL, or a
 * path on this site.
 *
 * @param text untrusted
 * @returns an absolute URL, or undefined
 */
export function safeUrl(text: string | undefined): string | undefined {
  if (text === undefined || !/^(?:https?:\/\/|\/(?!\/))/i.test(text)) return undefined;
  let url: URL;
  try {
    url = new URL(text, location.href);
  } catch {
    return undefined;
  }
  // `/\host` starts like a path, and a browser reads it as another host.
  return text.startsWith("/") && url.origin !== location.origin ? undefined : url.href;
}
