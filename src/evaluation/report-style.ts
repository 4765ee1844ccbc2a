/** Dark, since slices are; contours and marks in colours that colour-blind readers tell apart (Okabe and Ito). */
export const REPORT_STYLE = `
:root { color-scheme: dark; --mask: #f0e442; --expert: #cc79a7; --long: #56b4e9; --short: #e69f00; }
body { margin: 0 auto; max-width: 84rem; padding: 1rem 1.5rem; background: #14171a; color: #dfe4e8; font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; } p.note { color: #9aa6b2; margin: .2rem 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; margin: 1rem 0; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { text-align: left; padding: .25rem .9rem .25rem 0; border-bottom: 1px solid #323941; white-space: nowrap; } tr.whole td { color: #9aa6b2; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(15rem, 1fr)); gap: 1rem; } figure { margin: 0; }
.picture { position: relative; background: #000; } .picture img, .picture div, .picture svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.picture path, .picture line { fill: none; stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
.mask .contour { stroke: var(--mask); } .expert .contour { stroke: var(--expert); } .expert line { display: none; }
.long-axis { stroke: var(--long); } .short-axis { stroke: var(--short); } figcaption { color: #9aa6b2; font-size: .85rem; overflow-wrap: anywhere; }
.legend i { display: inline-block; width: 1.4rem; height: 3px; vertical-align: middle; margin: 0 .4rem 0 1rem; }
i.mask { background: var(--mask); } i.expert { background: var(--expert); } i.long { background: var(--long); } i.short { background: var(--short); }
`;
