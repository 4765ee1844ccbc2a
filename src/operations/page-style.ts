/** The page's style sheet: a dark room, quiet colours, contours and marks told apart by colour-blind readers. */
export const PAGE_STYLE = `
:root { color-scheme: dark; --ground: #14171a; --panel: #1d2126; --line: #323941; --text: #dfe4e8; --dim: #9aa6b2; --good: #7fc79b; --warn: #e6b35c; --bad: #ec8f7e; --contour: #f0e442; --long: #56b4e9; --short: #e69f00; }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
header, main, footer { max-width: 72rem; margin: 0 auto; padding: 1rem 1.5rem; }
header { display: flex; align-items: baseline; gap: 1.5rem; border-bottom: 1px solid var(--line); }
header a { color: var(--text); text-decoration: none; font-weight: 600; }
h1 { font-size: 1.4rem; margin: 1rem 0; } h2 { font-size: 1.1rem; margin: 0 0 .5rem; }
p.note, footer { color: var(--dim); font-size: .9rem; }
a { color: #8fc3ea; } a:focus-visible { outline: 2px solid var(--contour); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .45rem .8rem .45rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--dim); font-weight: 500; font-size: .9rem; } td.number { font-variant-numeric: tabular-nums; }
.outcome { font-weight: 600; } .stored, .already-stored { color: var(--good); } .held, .would-store, .stored-unconfirmed, .pending { color: var(--warn); } .failed { color: var(--bad); } .skipped { color: var(--dim); }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)); gap: 1rem; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; padding: 1rem; }
.picture { position: relative; background: #000; margin: 0 0 .8rem; aspect-ratio: 1; }
.picture img, .picture object, .picture svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.picture img { image-rendering: auto; }
.picture .contour { stroke: var(--contour); } .picture .long-axis { stroke: var(--long); } .picture .short-axis { stroke: var(--short); }
.picture path, .picture line { fill: none; stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; font-size: .92rem; } dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
.legend span { margin-right: 1.2rem; } .swatch-contour { background: var(--contour); } .swatch-long { background: var(--long); } .swatch-short { background: var(--short); }
.legend i { display: inline-block; width: 1.4rem; height: 3px; vertical-align: middle; margin-right: .4rem; }
`;
