/** The part of a logger that this adapter needs; pino's shape. Fields never hold bodies or secrets. */
export interface KubeLog {
  debug(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
}

/** Says nothing. */
export const silentLog: KubeLog = { debug: () => undefined, warn: () => undefined };
