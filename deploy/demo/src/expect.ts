// The demo's own judgement: anything that differs from what was promised ends it with a clear sentence.

export class DemoFailure extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "DemoFailure";
  }
}

export function expectContains(what: string, text: string, wanted: string): void {
  if (text.includes(wanted)) return;
  throw new DemoFailure(
    `${what} should contain ${JSON.stringify(wanted)} but was ${JSON.stringify(text.slice(0, 300))}`,
  );
}

export function expectLacks(what: string, text: string, unwanted: string): void {
  if (text.includes(unwanted)) throw new DemoFailure(`${what} contains what must never be shown`);
}
