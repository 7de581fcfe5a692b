// How the demo speaks: numbered steps, indented lines, at most 100 columns, colour only on a terminal.

export interface Screen {
  title(text: string): void;
  step(text: string): void;
  line(text: string): void;
  /** A command and what it answered. */
  answer(command: string, output: string): void;
  failure(text: string): void;
  success(text: string): void;
}

const WIDTH = 92;
const BOLD = 1;
const DIM = 2;
const RED = 31;
const GREEN = 32;
const CYAN = 36;

export function createScreen(print: (line: string) => void, coloured: boolean): Screen {
  let steps = 0;
  const paint = (code: number, text: string): string => (coloured ? `\u001B[${code}m${text}\u001B[0m` : text);
  const line = (text: string): void => print(`    ${clip(text)}`);
  return {
    title: (text) => print(paint(BOLD, text)),
    step: (text) => {
      steps += 1;
      print("");
      print(paint(BOLD, `[${steps}] ${text}`));
    },
    line,
    answer: (command, output) => {
      print(`    ${paint(CYAN, clip(`$ ${command}`))}`);
      for (const row of output.trimEnd().split("\n")) print(`      ${paint(DIM, clip(row))}`);
    },
    failure: (text) => print(paint(RED, text)),
    success: (text) => print(paint(GREEN, text)),
  };
}

function clip(text: string): string {
  return text.length <= WIDTH ? text : `${text.slice(0, WIDTH - 1)}…`;
}
