/** The Prometheus text format, written as Go's client library does: families and labels sorted, numbers shortest. Pure. */

/** One value. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
  /** When it was measured; absent: at the scrape. */
  readonly timeMs?: number;
}

/** All values of one metric. */
export interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge";
  /** May be made as they are read, once. */
  readonly samples: Iterable<Sample>;
}

/** What Go's client library says that it sends. */
export const EXPOSITION_TYPE = "text/plain; version=0.0.4; charset=utf-8; escaping=underscores";

/** In which order labels are written; it means nothing to who reads them by name. */
export type LabelOrder = (names: readonly string[]) => readonly string[];

/** As Go's client library has it. */
export const sorted: LabelOrder = (names) => names.toSorted();

/** As readers made for virtual-kubelet have it, who take the second label for the pod's name. */
export const podSecond: LabelOrder = (names) => {
  const [first, ...others] = sorted(names).filter((name) => name !== "pod");
  const pod = names.includes("pod") ? ["pod"] : [];
  return first === undefined ? pod : [first, ...pod, ...others];
};

/** The text. Families without values are left out. */
export function writeExposition(families: readonly Family[], order: LabelOrder = sorted): string {
  return [...expositionPieces(families, order)].join("");
}

/** The same text line by line. */
export function* expositionPieces(families: readonly Family[], order: LabelOrder = sorted): Generator<string> {
  const labelText = createLabelText(order);
  for (const { name, help, type, samples } of families.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    let head = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
    for (const { labels, value, timeMs } of samples) {
      const time = timeMs === undefined ? "" : ` ${Math.trunc(timeMs)}`;
      yield `${head}${name}${labelText(labels)} ${goNumber(value)}${time}\n`;
      head = "";
    }
  }
}

/** A number as Go's strconv writes it with format 'g' and the shortest precision. */
export function goNumber(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "+Inf" : "-Inf";
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const exponent = Number(power);
  if (exponent >= -4 && exponent < SCIENTIFIC_FROM) return Object.is(value, -0) ? "-0" : String(value);
  const digits = String(Math.abs(exponent)).padStart(2, "0");
  return `${mantissa}e${exponent < 0 ? "-" : "+"}${digits}`;
}

/** Powers of ten that Go writes with an exponent, whatever the number of digits. */
const SCIENTIFIC_FROM = 6;

/** Labels in braces; those of one pod stand in many families, and are written once. */
function createLabelText(order: LabelOrder): (labels: Sample["labels"]) => string {
  const known = new Map<Sample["labels"], string>();
  return (labels) => {
    const found = known.get(labels);
    if (found !== undefined) return found;
    const pairs = order(Object.keys(labels)).map((name) => `${name}="${escapeLabel(labels[name] ?? "")}"`);
    const text = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
    known.set(labels, text);
    return text;
  };
}

const SPECIAL = /[\\\n"]/;

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  if (!SPECIAL.test(text)) return text;
  return escapeHelp(text).replaceAll('"', '\\"');
}
