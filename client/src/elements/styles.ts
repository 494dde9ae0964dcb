/** Of `<bellwire-inbox>`. */
export const INBOX_STYLES = `
:host{display:block;border:1px solid var(--_line);border-radius:var(--_radius);background:var(--_surface);overflow:hidden}
.inbox{position:relative;display:flex;flex-direction:column;max-height:var(--_max-height)}
.head{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem .75rem;padding:.875rem 1rem .75rem;border-block-end:1px solid var(--_line)}
h2{flex:1;font-size:1.0625rem;font-weight:650;letter-spacing:-.01em}
.all-read{display:inline-flex;align-items:center;gap:.375rem;padding:.25rem .5rem;margin-inline-end:-.5rem;border-radius:8px;color:var(--_accent);font-size:.8125rem;font-weight:550}
.all-read svg{width:1.125rem;height:1.125rem}
.all-read:hover:enabled{background:var(--_wash)}
.all-read:disabled{color:var(--_muted);cursor:default}
fieldset{display:flex;flex-wrap:wrap;flex-basis:100%;min-width:0;gap:.25rem;margin:0;padding:.1875rem;border:0;border-radius:9px;background:var(--_raised)}
label{position:relative;flex:1;padding:.25rem .5rem;border-radius:7px;color:var(--_muted);font-size:.8125rem;font-weight:550;text-align:center;white-space:nowrap;cursor:pointer}
label:hover{color:var(--_text)}
label:has(:checked){background:var(--_knob);color:var(--_text);box-shadow:0 1px 2px rgb(10 15 40 / .16)}
label:has(:focus-visible){outline:2px solid var(--_accent);outline-offset:1px}
label input{position:absolute;inset:0;width:100%;height:100%;opacity:0;cursor:pointer}
.count{margin-inline-start:.375rem;padding:0 .375rem;border-radius:99px;background:var(--_wash);color:var(--_accent);font-size:.6875rem;font-weight:700;font-variant-numeric:tabular-nums}
.notice{display:flex;align-items:center;gap:.75rem;padding:.5rem 1rem;border-block-end:1px solid var(--_line);background:color-mix(in srgb,var(--_high) 11%,var(--_surface));color:var(--_high);font-size:.8125rem}
.notice p{flex:1}
.notice button,.more button{padding:.125rem .625rem;border:1px solid currentColor;border-radius:7px;font-size:.8125rem;font-weight:600}
.scroller{position:relative;flex:1;min-height:0;overflow-y:auto;overscroll-behavior:contain;scrollbar-width:thin;scrollbar-color:var(--_line) transparent}
.item{position:relative;display:grid;grid-template-columns:auto minmax(0,1fr);column-gap:.75rem;padding:.875rem 1rem .875rem 1.25rem;border-block-end:1px solid var(--_line);content-visibility:auto;contain-intrinsic-block-size:auto 5.5rem}
.item:dir(rtl){padding:.875rem 1.25rem .875rem 1rem}
.item:last-child{border-block-end:0}
.item:hover{background:var(--_raised)}
.dot{position:absolute;inset-block-start:1.625rem;inset-inline-start:.4375rem;width:.5rem;height:.5rem;border-radius:50%;background:var(--_accent);opacity:0}
.unread .dot{opacity:1}
.tile{display:grid;place-items:center;width:2.25rem;height:2.25rem;border-radius:10px;background:color-mix(in srgb,currentColor 11%,transparent);color:var(--_muted);overflow:hidden}
.unread .tile{color:var(--_accent)}
.high .tile{color:var(--_high)}
.urgent .tile{color:var(--_urgent)}
.tile img{width:100%;height:100%;object-fit:cover}
.main{display:block;width:100%;color:inherit;font-weight:500;text-align:start;text-decoration:none;overflow-wrap:anywhere;cursor:pointer}
.unread .main{font-weight:650}
.main::after{content:"";position:absolute;inset:0}
.main:focus-visible{outline:none}
.main:focus-visible::after{outline:2px solid var(--_accent);outline-offset:-3px;border-radius:8px}
.body{margin-block-start:.125rem;color:var(--_muted);overflow:hidden;overflow-wrap:anywhere;display:-webkit-box;-webkit-box-orient:vertical;-webkit-line-clamp:3;white-space:pre-line}
.body.full{display:block}
.expand{position:relative;margin-block-start:.125rem;border-radius:6px;color:var(--_accent);font-size:.8125rem;font-weight:550}
.expand:hover{text-decoration:underline}
.image{display:block;max-width:100%;max-height:11rem;margin-block-start:.5rem;border-radius:9px;object-fit:cover}
.meta{display:flex;flex-wrap:wrap;align-items:center;gap:.125rem .5rem;margin-block-start:.3125rem;color:var(--_muted);font-size:.75rem}
.meta>*{min-width:0;overflow-wrap:anywhere}
.meta>*+*::before{content:"·";margin-inline-end:.5rem}
.meta .mark{color:var(--_urgent);font-weight:650}
.actions{position:relative;display:flex;flex-wrap:wrap;gap:.5rem;margin-block-start:.625rem}
.actions:empty{display:none}
.action{max-width:100%;overflow-wrap:anywhere;padding:.25rem .75rem;border:1px solid var(--_line);border-radius:8px;background:var(--_surface);color:var(--_text);font-size:.8125rem;font-weight:550;text-decoration:none}
.action:hover{border-color:var(--_muted)}
.action.first{border-color:var(--_accent);background:var(--_accent);color:var(--_on-accent)}
.tools{position:absolute;inset-block-start:.5rem;inset-inline-end:.625rem;display:flex;gap:.125rem;padding:.125rem;border:1px solid var(--_line);border-radius:9px;background:var(--_surface);opacity:0}
.item:hover .tools,.item:focus-within .tools{opacity:1}
@media(hover:none){.tools{inset-block:auto .5rem;border:0;background:none;opacity:1}.meta:has(+:empty),.actions{padding-inline-end:4rem}}
.tool{display:grid;place-items:center;width:1.75rem;height:1.75rem;border-radius:7px;color:var(--_muted)}
.tool:hover{background:var(--_raised);color:var(--_text)}
.tool svg{width:1.125rem;height:1.125rem}
.new{position:absolute;z-index:1;inset-block-start:.625rem;inset-inline:0;width:max-content;margin-inline:auto;padding:.25rem .75rem;border-radius:99px;background:var(--_accent);color:var(--_on-accent);font-size:.8125rem;font-weight:600;box-shadow:var(--_shadow)}
.list{position:relative;display:flex;flex-direction:column;flex:1;min-height:0}
.empty{display:grid;justify-items:center;gap:.25rem;padding:3rem 1.5rem 3.25rem;color:var(--_muted);text-align:center}
.empty svg{width:2.25rem;height:2.25rem}
.empty-art{display:grid;place-items:center;width:4.5rem;height:4.5rem;margin-block-end:.625rem;border-radius:50%;background:var(--_wash);color:var(--_accent)}
.try{margin-block-start:.75rem;padding:.3125rem .875rem;border:1px solid var(--_line);border-radius:8px;color:var(--_text);font-size:.8125rem;font-weight:600}
.try:hover{border-color:var(--_muted)}
.over .tools{display:none}
.empty strong{color:var(--_text);font-size:.9375rem;font-weight:600}
.bones{padding:.25rem 0}
.bone{display:grid;grid-template-columns:2.25rem 1fr;gap:.5rem .75rem;padding:.875rem 1.25rem}
.bone i{height:.75rem;border-radius:6px;background:var(--_raised);animation:breathe 1.6s ease-in-out infinite}
.bone i:first-child{grid-row:span 2;height:2.25rem;border-radius:10px}
.bone i:last-child{width:60%}
@keyframes breathe{50%{opacity:.45}}
.more{display:flex;align-items:center;justify-content:center;gap:.75rem;min-height:1px;padding:0 1rem;color:var(--_muted);font-size:.8125rem}
.more:not(:empty){padding-block:.75rem}
@media(forced-colors:active){.dot,label:has(:checked){background:Highlight;color:HighlightText;forced-color-adjust:none}label:has(:checked) .count{background:none;color:inherit}.item.unread .main{text-decoration:underline}}
`;

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
