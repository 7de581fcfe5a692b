/** The kill matrix as one page that loads nothing. A check is a column, a mutant a row; only what a check said is drawn. */
import { escape } from "../report/junit.js";
import type { Cell, Kill } from "./kill.js";
import type { Acceptance } from "./selftest.js";
import { type Findings, scoreOf } from "./score.js";

const STYLE = `:root{color-scheme:light dark;--line:light-dark(#d8dee4,#30363d);--bg:light-dark(#fff,#0d1117);--dim:light-dark(#57606a,#8b949e)}
body{font:14px/1.5 system-ui,sans-serif;margin:2rem;background:var(--bg);color:light-dark(#1b1f24,#e6edf3)}
h1{font-size:1.4rem}h2{font-size:1.1rem;margin-top:2rem}.scroll{overflow:auto;max-height:85vh;border:1px solid var(--line)}
table{border-collapse:separate;border-spacing:0}th,td{border-bottom:1px solid var(--line);padding:.1rem .4rem;text-align:left}
thead th{position:sticky;top:0;background:var(--bg);z-index:2;vertical-align:bottom}thead th.c{writing-mode:vertical-rl;writing-mode:sideways-lr;font-weight:400;font-size:12px;padding:.4rem 0;white-space:nowrap}
tbody th{position:sticky;left:0;background:var(--bg);font-weight:400;white-space:nowrap;z-index:1}thead th:first-child{left:0;z-index:3}
.m td{width:1.1rem;min-width:1.1rem;padding:0;text-align:center;cursor:default}.own{background:light-dark(#1a7f37,#238636);color:#fff}.collateral{background:light-dark(#eac54f,#9e6a03)}.error{background:#a40e26;color:#fff}.passed{color:var(--dim)}
.survived th,.wrong-reason th,.harness-error th,.refused td{color:light-dark(#a40e26,#ff7b72);font-weight:600}.not-applicable{color:var(--dim)}small{color:var(--dim)}
.legend span{display:inline-block;padding:0 .4rem;margin-right:.3rem}input{font:inherit;padding:.3rem .5rem;margin-bottom:.5rem;min-width:20rem}`;

const SCRIPT = `const q=document.getElementById("q"),n=document.getElementById("n");
function f(){let c=0;const t=q.value.toLowerCase();for(const r of document.querySelectorAll(".m tbody tr")){const s=(r.textContent+" "+r.className+" "+r.title).toLowerCase().includes(t);r.hidden=!s;if(s)c++}n.textContent=c+" mutants"}
q.addEventListener("input",f);q.value=decodeURIComponent(location.hash.slice(1));f();`;

const MARKS: Readonly<Record<Cell["said"], string>> = {
  own: "●",
  collateral: "○",
  error: "!",
  passed: "·",
  silent: "",
};

/** The page. */
export function toMatrixHtml(findings: Findings): string {
  const { kills, acceptances } = findings;
  const checks = columnsOf(kills);
  const score = scoreOf(findings);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,"><title>Kill matrix</title><style>${STYLE}</style></head><body>
<h1>Kill matrix: ${escape(score.text)}</h1>
<p class="legend"><span class="own">●</span>failed as the mutant asks for <span class="collateral">○</span>failed otherwise <span class="error">!</span>fault of the suite <span>·</span>passed</p>
<p><input id="q" type="search" placeholder="filter mutants" aria-label="filter mutants"> <span id="n"></span></p>
<div class="scroll"><table class="m"><thead><tr><th scope="col">mutant</th>${checks.map((id) => `<th scope="col" class="c">${escape(id)}</th>`).join("")}</tr></thead><tbody>
${kills.map((kill) => rowOf(kill, checks)).join("\n")}
</tbody></table></div>
<h2>Variants</h2>
<table><tbody>
${acceptances.map(variantRow).join("\n")}
</tbody></table><script>${SCRIPT}</script></body></html>
`;
}

/** The checks that failed for any mutant, in the order of their clauses. */
function columnsOf(kills: readonly Kill[]): readonly string[] {
  const failed = kills.flatMap(({ cells }) => cells).filter(({ said }) => said !== "passed" && said !== "silent");
  return [...new Set(failed.map(({ check }) => check))].toSorted((one, other) => one.localeCompare(other, "en"));
}

function rowOf({ mutant, clause, fault, layer, outcome, failed, cells }: Kill, checks: readonly string[]): string {
  const said = new Map(cells.map((cell) => [cell.check, cell]));
  const drawn = checks.map((id) => cellOf(said.get(id))).join("");
  const title = [mutant, outcome, layer, ...failed].join("\n");
  return `<tr class="${outcome}" title="${escape(title)}"><th scope="row">${escape(clause)} ${escape(fault)} <small>${layer === "wire" ? "" : layer}${outcome === "killed" ? "" : ` ${outcome}`}</small></th>${drawn}</tr>`;
}

function cellOf(cell: Cell | undefined): string {
  if (cell === undefined || cell.said === "silent") return "<td></td>";
  return `<td class="${cell.said}" title="${escape(`${cell.check} ${cell.code}`)}">${MARKS[cell.said]}</td>`;
}

function variantRow({ variant, text, outcome, failed, passed }: Acceptance): string {
  return `<tr class="${outcome}"><td>${escape(variant)}</td><td>${escape(text)}</td><td>${outcome}</td><td>${failed.length === 0 ? `${passed} checks` : failed.map(escape).join("<br>")}</td></tr>`;
}
