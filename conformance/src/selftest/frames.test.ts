import { expect } from "chai";
import { both, hugeOutput, interleaved, merged, splitCharacters, tinyOutput } from "./frames.js";
import { answers, type Message, only, type Passing, type Rule } from "./rule.js";

const stdout = (text: string): Message => ({ frame: { $case: "stdout", value: Buffer.from(text) } });
const stderr = (text: string): Message => ({ frame: { $case: "stderr", value: Buffer.from(text) } });
const EXIT = { frame: { $case: "exit", value: {} } };

describe("rules on frames", () => {
  it("cut output into single bytes, and lose none", async () => {
    expect(await through(tinyOutput("exec"), [stdout("abc"), EXIT])).to.deep.equal(["a", "b", "c", "exit"]);
  });

  it("cut the first character of more than one byte", async () => {
    const frames = await raw(splitCharacters("exec"), [stdout("aéb")]);
    expect(frames.map(({ frame }) => frame.value.length)).to.deep.equal([2, 2]);
    expect(Buffer.concat(frames.map(({ frame }) => frame.value)).toString()).to.equal("aéb");
  });

  it("join what comes together, up to the largest frame, and keep kinds apart", async () => {
    expect(await through(hugeOutput("exec"), [stdout("a"), stdout("b"), stderr("c"), EXIT])).to.deep.equal([
      "ab",
      "c",
      "exit",
    ]);
    const large = "x".repeat(32_768);
    expect(await through(hugeOutput("exec"), [stdout(large), stdout("b")])).to.deep.equal([large, "b"]);
  });

  it("change only the order across streams, and hold nothing behind the exit", async () => {
    const frames = [stderr("1"), stdout("a"), stderr("2"), stderr("3"), EXIT];
    expect(await through(interleaved("exec"), frames)).to.deep.equal(["a", "1", "2", "3", "exit"]);
  });

  it("give what is held before an error", async () => {
    const seen: Message[] = [];
    const source = (async function* () {
      yield stdout("a");
      throw new Error("cut off");
    })();
    try {
      for await (const message of merged(source, () => undefined, 5)) seen.push(message);
      expect.fail("the error is lost");
    } catch (error) {
      expect(String(error)).to.contain("cut off");
    }
    expect(seen).to.have.length(1);
  });

  it("apply one behind the other, the first nearest to the caller", async () => {
    const add = (letter: string): Rule => answers("exec", ({ frame }) => stdout(`${frame.value.toString()}${letter}`));
    expect(await through(both(add("1"), add("2")), [stdout("a")])).to.deep.equal(["a21"]);
  });

  it("hand on the session that one of them chose, wherever it stands", async () => {
    const pass: Rule = (input, { next }) => next(input);
    const choose: Rule = (input, { session, next }) => next(input, `${session}+`);
    for (const rules of [
      [choose, pass, pass],
      [pass, pass, choose],
      [pass, choose, pass],
    ]) {
      let seen: string | undefined;
      const passing = passingOf([], (session) => (seen = session));
      for await (const _ of both(...rules)(only({}), passing));
      expect(seen).to.equal("mine+");
    }
  });
});

async function through(rule: Rule, output: readonly Message[]): Promise<readonly string[]> {
  const seen = await raw(rule, output);
  return seen.map(({ frame }) => (frame.$case === "exit" ? "exit" : Buffer.from(frame.value).toString()));
}

async function raw(rule: Rule, output: readonly Message[]): Promise<readonly Message[]> {
  const seen: Message[] = [];
  for await (const message of rule(only({}), passingOf(output))) seen.push(message);
  return seen;
}

function passingOf(output: readonly Message[], onSession: (session: string | undefined) => void = () => {}): Passing {
  return {
    method: "exec",
    session: "mine",
    signal: new AbortController().signal,
    next: (_input: unknown, session?: string) => {
      onSession(session);
      return listed(output);
    },
    ask: () => listed([]),
    setHealth: () => {},
  };
}

async function* listed(messages: readonly Message[]): AsyncGenerator<Message> {
  yield* messages;
}
