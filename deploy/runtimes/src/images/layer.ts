// A layer of an image: entries written as an uncompressed tar, the same bytes for the same content.

export interface EntryOptions {
  /** Default 0644 for files, 0755 for folders. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
}

export interface Layer {
  /** Each path once; later ones of folders and links are left out. */
  folder(path: string, options?: EntryOptions): void;
  file(path: string, content: Buffer | string, options?: EntryOptions): void;
  link(path: string, target: string): void;
  /** The tar; nothing can be added after it. */
  bytes(): Buffer;
}

const BLOCK = 512;
type Kind = "0" | "2" | "5";

export function createLayer(): Layer {
  const seen = new Set<string>();
  const chunks: Buffer[] = [];
  const once = (path: string, add: () => void): void => {
    if (seen.has(path)) return;
    seen.add(path);
    add();
  };
  return {
    folder: (path, options = {}) =>
      once(path, () => chunks.push(header({ kind: "5", path: `${path}/`, size: 0, mode: 0o755, ...options }))),
    file: (path, content, options = {}) => {
      seen.add(path);
      const bytes = Buffer.from(content);
      chunks.push(header({ kind: "0", path, size: bytes.length, mode: 0o644, ...options }), bytes, padding(bytes));
    },
    link: (path, target) => once(path, () => chunks.push(header({ kind: "2", path, size: 0, mode: 0o777, target }))),
    bytes: () => Buffer.concat([...chunks, Buffer.alloc(BLOCK * 2)]),
  };
}

interface Header extends EntryOptions {
  readonly kind: Kind;
  readonly path: string;
  readonly size: number;
  readonly mode: number;
  readonly target?: string;
}

/** POSIX ustar; paths of test images are shorter than 100 bytes. */
function header({ kind, path, size, mode, uid = 0, gid = 0, target = "" }: Header): Buffer {
  if (Buffer.byteLength(path) > 100 || Buffer.byteLength(target) > 100) throw new Error(`path is too long: ${path}`);
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, length: number): string => `${value.toString(8).padStart(length - 1, "0")}\0`;
  block.write(path, 0);
  block.write(octal(mode, 8), 100);
  block.write(octal(uid, 8), 108);
  block.write(octal(gid, 8), 116);
  block.write(octal(size, 12), 124);
  block.write(octal(0, 12), 136);
  block.write("        ", 148);
  block.write(kind, 156);
  block.write(target, 157);
  block.write("ustar\x0000", 257);
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

function padding(bytes: Buffer): Buffer {
  return Buffer.alloc((BLOCK - (bytes.length % BLOCK)) % BLOCK);
}
