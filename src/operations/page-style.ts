/**
 * The page's style sheet: a dark room, quiet colours, contours and marks told apart by colour-blind readers. Text has at least 4.5:1 on its ground,
 * controls and lines that mean something 3:1.
 */
export const PAGE_STYLE = `
:root { color-scheme: dark; --ground: #14171a; --panel: #1d2126; --line: #3d4650; --control: #7b8794; --text: #dfe4e8; --dim: #a3aeb9; --link: #8fc3ea;
  --good: #7fc79b; --warn: #e6b35c; --bad: #ec8f7e; --contour: #f0e442; --long: #56b4e9; --short: #e69f00; --second: #cc79a7; --third: #4fd1b0; }
* { box-sizing: border-box; }
[hidden] { display: none !important; }
body { margin: 0; background: var(--ground); color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
header, main, footer, #said { max-width: 80rem; margin: 0 auto; padding: .8rem 1.5rem; }
header { display: flex; flex-wrap: wrap; align-items: center; gap: .5rem 1.5rem; border-bottom: 1px solid var(--line); }
header nav { display: flex; gap: 1.2rem; } .who { margin-left: auto; display: flex; gap: .8rem; align-items: center; color: var(--dim); font-size: .9rem; }
.home { color: var(--text); text-decoration: none; font-weight: 600; }
.skip { position: absolute; left: -100rem; } .skip:focus { left: 1rem; top: .4rem; background: var(--panel); padding: .3rem .6rem; }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
h1 { font-size: 1.4rem; margin: .8rem 0; } h2 { font-size: 1.05rem; margin: 1.4rem 0 .4rem; }
.note, footer, #said { color: var(--dim); font-size: .9rem; } #said:empty { padding: 0; } #said { position: sticky; bottom: 0; background: var(--ground); }
a { color: var(--link); } code { color: var(--dim); font-size: .85em; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--contour); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; padding: .4rem .9rem .4rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
thead th { color: var(--dim); font-weight: 500; font-size: .9rem; } tbody th { font-weight: 500; }
.number { font-variant-numeric: tabular-nums; } .whole { white-space: nowrap; }
.badge { font-weight: 600; white-space: nowrap; } .sign { display: inline-block; min-width: 1.1em; margin-right: .15em; text-align: center; }
.good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .badge.note { color: var(--dim); font-size: inherit; }
.calm { color: var(--good); } .warnings { list-style: none; padding: .6rem 1rem; margin: .6rem 0; border: 1px solid var(--warn); border-radius: .4rem; color: var(--warn); }
.numbers { list-style: none; padding: 0; margin: .8rem 0; display: flex; flex-wrap: wrap; gap: .6rem; }
.numbers li { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; padding: .5rem .9rem; }
.numbers strong { font-size: 1.25rem; font-variant-numeric: tabular-nums; margin-right: .3rem; } .numbers a { text-decoration: none; color: inherit; } .numbers li.note { color: var(--text); font-size: inherit; }
button, .button, select, input[type=date], input[type=text], input[type=password], .sign-in input { background: var(--panel); color: var(--text); border: 1px solid var(--control); border-radius: .3rem; padding: .25rem .6rem; min-height: 28px; font: inherit; font-size: .9rem; }
button { cursor: pointer; } .button { display: inline-block; text-decoration: none; } button:hover, .button:hover { border-color: var(--text); }
form.inline { display: inline; margin-left: .6rem; } .filters { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center; margin: .8rem 0; } .filters label { color: var(--dim); font-size: .9rem; }
.sign-in { display: grid; gap: .4rem; max-width: 20rem; } .sign-in button { margin-top: .6rem; } .problem { color: var(--bad); }
.paging a { margin-right: 1rem; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr)); gap: 1rem; }
.card { background: var(--panel); border: 1px solid var(--line); border-radius: .4rem; padding: 1rem; } .card h2 { margin: 0 0 .5rem; } .card p { margin: .5rem 0; }
.picture { position: relative; background: #000; margin: 0; aspect-ratio: 1; overflow: hidden; cursor: crosshair; touch-action: none; }
.picture img, .picture canvas, .picture svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.picture svg { pointer-events: none; } .picture svg.off { display: none; } .picture figcaption { position: absolute; left: .4rem; bottom: .2rem; font-size: .78rem; color: #cfd6dc; text-shadow: 0 0 3px #000, 0 0 2px #000; }
.picture .contour { stroke: var(--contour); } .picture .long-axis { stroke: var(--long); } .picture .short-axis { stroke: var(--short); stroke-dasharray: 5 3; }
.picture path, .picture line { fill: none; stroke-width: 1.5px; vector-effect: non-scaling-stroke; }
.picture .candidate { display: none; } .picture .candidate-1 { stroke: var(--contour); } .picture .candidate-2 { stroke: var(--second); } .picture .candidate-3 { stroke: var(--third); }
.card[data-candidate] .contour { display: none; }
.card[data-candidate="1"] .candidate-1, .card[data-candidate="2"] .candidate-2, .card[data-candidate="3"] .candidate-3 { display: inline; }
.tools { display: flex; flex-wrap: wrap; gap: .3rem; } .tools button { font-size: .8rem; padding: .1rem .5rem; }
.axes th, .axes td { padding: .2rem .6rem .2rem 0; font-size: .92rem; }
.review fieldset { border: 1px solid var(--warn); border-radius: .4rem; padding: .5rem .8rem; margin: 0 0 .5rem; } .review legend { font-size: .9rem; }
.candidate { display: block; padding: .2rem 0; min-height: 28px; } kbd { border: 1px solid var(--control); border-radius: .2rem; padding: 0 .35rem; font-size: .85rem; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: .6rem 0 0; font-size: .92rem; } dt { color: var(--dim); } dd { margin: 0; overflow-wrap: anywhere; }
.history { font-size: .92rem; padding-left: 1.4rem; } .changed { border: 1px solid var(--warn); border-radius: .4rem; padding: .4rem .8rem; }
.legend span { margin-right: 1.2rem; } i[class^=swatch] { display: inline-block; width: 1.4rem; height: 3px; vertical-align: middle; margin-right: .4rem; }
.swatch-contour, .swatch-candidate-1 { background: var(--contour); } .swatch-long { background: var(--long); } .swatch-short { background: var(--short); } .swatch-candidate-2 { background: var(--second); } .swatch-candidate-3 { background: var(--third); }
@media print { :root { color-scheme: light; --ground: #fff; --panel: #fff; --text: #000; --dim: #333; --link: #000; --good: #000; --warn: #000; --bad: #000; } header nav, .who, .tools, form { display: none; } .card { break-inside: avoid; } }
`;
