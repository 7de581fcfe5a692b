/** Signals by the numbers that the CRI gives them. */

const NAMES = (
  "RUNTIME_DEFAULT ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS " +
  "TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ RTMIN"
).split(" ");
const RTMIN = 35;
const RTMAX = 65;

/** @param name without SIG. 0: none, or not known. */
export function criSignal(name: string): number {
  const up = /^RTMIN\+(\d+)$/.exec(name)?.[1];
  if (up !== undefined) return RTMIN + Number(up);
  const down = /^RTMAX(?:-(\d+))?$/.exec(name);
  if (down !== null) return RTMAX - Number(down[1] ?? 0);
  return Math.max(0, NAMES.indexOf(name));
}
