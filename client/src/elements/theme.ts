/**
 * What pages can set, in light and in dark. The scheme is the page's own `color-scheme`, so that the
 * elements never go dark on a page that is light; the attribute `theme` overrides it.
 */
const COLOURS: Readonly<Record<string, readonly [light: string, dark: string]>> = {
  surface: ["#ffffff", "#1b1d22"],
  raised: ["#f5f6f8", "#25282e"],
  knob: ["#ffffff", "#3f444f"],
  text: ["#16181d", "#f1f2f4"],
  muted: ["#5b616e", "#a4aab6"],
  line: ["#e4e6eb", "#32363e"],
  accent: ["#3347d6", "#9aa8ff"],
  wash: ["#eef0fe", "#262b47"],
  "on-accent": ["#ffffff", "#10122b"],
  badge: ["#d0213a", "#ff6b7f"],
  "on-badge": ["#ffffff", "#2b0509"],
  urgent: ["#c01f36", "#ff8a99"],
  high: ["#93510a", "#f3b562"],
};

const PLAIN: Readonly<Record<string, string>> = {
  font: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif",
  radius: "12px",
  width: "26rem",
  "max-height": "36rem",
  shadow: "0 1px 3px rgb(10 15 40 / .1), 0 12px 40px -8px rgb(10 15 40 / .28)",
};

/** `--_x` is what the elements use, `--bellwire-x` what a page sets. */
function tokens(): string {
  const own = (value: (pair: readonly [string, string]) => string) =>
    Object.entries(COLOURS).map(([name, pair]) =>
      `--_${name}:var(--bellwire-${name},${value(pair)});`
    ).join("");
  const plain = Object.entries(PLAIN).map(([name, value]) =>
    `--_${name}:var(--bellwire-${name},${value});`
  ).join("");
  return `:host{${own(([light]) => light)}${plain}}` +
    // Browsers from before 2024 stay light.
    `@supports(color:light-dark(red,red)){:host{${
      own(([light, dark]) => `light-dark(${light},${dark})`)
    }}}`;
}

const COMMON = `
:host{font:400 .875rem/1.45 var(--_font);color:var(--_text);text-align:start}
:host([hidden]){display:none!important}
:host([theme=light]){color-scheme:light}
:host([theme=dark]){color-scheme:dark}
*,::before,::after{box-sizing:border-box}
[hidden]{display:none!important}
h2,p,ol{margin:0;padding:0}
ol{list-style:none}
button,input{font:inherit;color:inherit;margin:0}
button{border:0;background:none;padding:0;cursor:pointer;-webkit-tap-highlight-color:transparent}
svg{display:block;width:1.25rem;height:1.25rem;fill:none;stroke:currentColor;stroke-width:1.75;stroke-linecap:round;stroke-linejoin:round}
:focus-visible{outline:2px solid var(--_accent);outline-offset:2px}
.unheard{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media(prefers-reduced-motion:reduce){*,::before,::after{animation:none!important;transition:none!important}}
`;

const sheets = new Map<string, CSSStyleSheet>();

/**
 * Makes a shadow tree look as it should. Constructed style sheets are shared by all elements, and no
 * policy forbids them.
 */
export function adoptStyles(root: ShadowRoot, css: string): void {
  root.adoptedStyleSheets = [sheetOf(tokens() + COMMON), sheetOf(css)];
}

function sheetOf(css: string): CSSStyleSheet {
  const sheet = sheets.get(css) ?? new CSSStyleSheet();
  if (!sheets.has(css)) sheet.replaceSync(css);
  sheets.set(css, sheet);
  return sheet;
}
