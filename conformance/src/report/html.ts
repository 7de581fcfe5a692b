/** One HTML file: every clause with its outcomes, a filter, and the trace of each failure. Loads nothing. */
import { clauseOf } from "../clauses/registry.js";
import { escape } from "./junit.js";
import type { Report } from "./report.js";

const STYLE = `body{font:14px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;color:#1b1f24;background:#fff}
h1{font-size:1.4rem}.verdict{font-weight:600}table{border-collapse:collapse;width:100%}td,th{text-align:left;padding:.3rem .5rem;border-bottom:1px solid #d8dee4;vertical-align:top}
.o{white-space:nowrap;font-weight:600}.pass .o{color:#116329}.fail .o,.harness-error .o,.flaky .o{color:#a40e26}.not-applicable,.skipped{color:#6e7781}
pre{white-space:pre-wrap;background:#f6f8fa;padding:.5rem;max-height:24rem;overflow:auto}input,select{font:inherit;padding:.3rem .5rem;margin-right:.5rem}
@media(prefers-color-scheme:dark){body{background:#0d1117;color:#e6edf3}td,th{border-color:#30363d}pre{background:#161b22}.pass .o{color:#3fb950}.fail .o,.harness-error .o{color:#ff7b72}.not-applicable,.skipped{color:#8b949e}}`;

const SCRIPT = `const q=document.getElementById("q"),o=document.getElementById("o"),n=document.getElementById("n");
function f(){let c=0;for(const r of document.querySelectorAll("tbody tr")){const s=(!o.value||r.className===o.value)&&r.textContent.toLowerCase().includes(q.value.toLowerCase());r.hidden=!s;if(s)c++}n.textContent=c+" shown"}
q.addEventListener("input",f);o.addEventListener("change",f);
const h=new URLSearchParams(location.hash.slice(1));q.value=h.get("q")??"";o.value=h.get("o")??"";f();`;

/** The report as one HTML page. */
export function toHtml(report: Report): string {
  const { provider, verdict, counts, results } = report;
  const outcomes = Object.keys(counts);
  const title = `Conformance of ${provider.name} ${provider.version}`;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:">
<link rel="icon" href="data:,"><title>${escape(title)}</title><style>${STYLE}</style></head><body>
<h1>${escape(title)}: <span class="verdict">${verdict}</span></h1>
<p>${outcomes.map((outcome) => `${counts[outcome as keyof typeof counts]} ${outcome}`).join(" · ")} · profile ${report.profile} · ${(report.durationMs / 1000).toFixed(1)} s · seed ${report.seed}</p>
${report.isOfficial ? "" : `<p>Not official: ${escape(report.unofficial.join("; "))}.</p>`}
<p>Requirement set ${escape(report.requirements.set)}, digest <code>${escape(report.requirements.digest.slice(0, 16))}</code></p>
<p>Capabilities: ${escape(provider.capabilities.join(", ")) || "none"}</p>
<p><input id="q" type="search" placeholder="filter" aria-label="filter"><select id="o" aria-label="outcome"><option value="">every outcome</option>${outcomes
    .map((outcome) => `<option>${outcome}</option>`)
    .join("")}</select><span id="n"></span></p>
<table><thead><tr><th>clause</th><th>check</th><th>outcome</th><th>ms</th></tr></thead><tbody>
${results.map(row).join("\n")}
</tbody></table><script>${SCRIPT}</script></body></html>
`;
}

function row(result: Report["results"][number]): string {
  const text = clauseOf(result.clause)?.text ?? "";
  const message = result.message === "" ? "" : `<br>${result.code} ${escape(result.message)}`;
  const hasTrace = result.trace.length > 0 && result.outcome !== "pass";
  const trace = hasTrace
    ? `<details><summary>trace</summary><pre>${escape(result.trace.join("\n"))}</pre></details>`
    : "";
  return `<tr class="${result.outcome}"><td title="${escape(text)}">${result.clause}</td><td>${escape(result.title)}<br><small>${result.id}</small>${message}${trace}</td><td class="o">${result.outcome}${result.isProvisional === true ? "<br><small>provisional</small>" : ""}</td><td>${result.durationMs}</td></tr>`;
}
