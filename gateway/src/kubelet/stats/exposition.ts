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
  readonly samples: readonly Sample[];
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
  return families
    .filter(({ samples }) => samples.length > 0)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map((family) => writeFamily(family, order))
    .join("");
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

function writeFamily({ name, help, type, samples }: Family, order: LabelOrder): string {
  const head = `# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${type}\n`;
  return head + samples.map((sample) => `${name}${writeSample(sample, order)}\n`).join("");
}

function writeSample({ labels, value, timeMs }: Sample, order: LabelOrder): string {
  const pairs = order(Object.keys(labels)).map((name) => `${name}="${escapeLabel(labels[name] ?? "")}"`);
  const time = timeMs === undefined ? "" : ` ${Math.trunc(timeMs)}`;
  return `${pairs.length === 0 ? "" : `{${pairs.join(",")}}`} ${goNumber(value)}${time}`;
}

function escapeHelp(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
}

function escapeLabel(text: string): string {
  return escapeHelp(text).replaceAll('"', '\\"');
}
