/** Of `<bellwire-bell>`. */
export const BELL_STYLES = `
:host{display:inline-block;position:relative}
.button{position:relative;display:grid;place-items:center;width:2.5rem;height:2.5rem;border-radius:calc(var(--_radius) - 2px);transition:background .15s}
.button:hover,.button[aria-expanded=true]{background:color-mix(in srgb,currentColor 9%,transparent)}
.button svg{width:1.5rem;height:1.5rem}
.ringing{transform-origin:50% 12%;animation:ring .9s ease-in-out}
@keyframes ring{15%{rotate:14deg}30%{rotate:-12deg}45%{rotate:9deg}60%{rotate:-6deg}75%{rotate:3deg}}
.badge{position:absolute;inset-block-start:0;inset-inline-end:0;min-width:1.125rem;padding:0 .1875rem;border-radius:99px;background:var(--_badge);color:var(--_on-badge);font-size:.6875rem;font-weight:700;line-height:1.125rem;text-align:center;font-variant-numeric:tabular-nums;box-shadow:0 0 0 2px var(--_surface)}
.badge.wide{inset-block-start:-.3125rem;font-size:.625rem;line-height:1rem}
.panel{position:fixed;inset:auto;z-index:2147483000;display:none;width:min(var(--_width),calc(100vw - 16px));height:auto;margin:0;padding:0;border:1px solid var(--_line);border-radius:calc(var(--_radius) + 2px);background:var(--_surface);color:var(--_text);box-shadow:var(--_shadow);overflow:hidden;--_limit:min(var(--_max-height),var(--_room,100vh))}
.panel.open{display:block;animation:open .14s ease-out}
.panel:focus{outline:none}
@keyframes open{from{opacity:0;translate:0 -6px}}
@media(forced-colors:active){.badge{border:1px solid}}
.panel bellwire-inbox{--bellwire-max-height:var(--_limit);border:0;border-radius:0}
`;
