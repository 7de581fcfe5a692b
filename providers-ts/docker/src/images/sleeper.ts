/**
 * The program of the infra container: holds the pod's namespaces and does nothing. Instructions are listed here and put
 * together into a static ELF file of a few hundred bytes, so that no image is pulled and no binary is kept with the source.
 *
 * It ignores SIGCHLD, by which the kernel reaps orphans where it is process 1 of a shared process namespace, then waits for
 * ever. As process 1 it has no handler for TERM; it is ended by KILL.
 */

/** An instruction with its bytes. */
type Instruction = readonly [text: string, ...bytes: number[]];

interface Machine {
  /** e_machine of the ELF header. */
  readonly elf: number;
  readonly code: readonly Instruction[];
}

const SIGCHLD = 17;

/** rt_sigaction is 13, pause is 34; arguments in rdi, rsi, rdx, r10. */
const AMD64: Machine = {
  elf: 62,
  code: [
    ["mov eax, 13", 0xb8, 13, 0, 0, 0],
    ["mov edi, SIGCHLD", 0xbf, SIGCHLD, 0, 0, 0],
    ["lea rsi, [rip + 21]: the sigaction behind the code", 0x48, 0x8d, 0x35, 21, 0, 0, 0],
    ["xor edx, edx", 0x31, 0xd2],
    ["mov r10d, 8", 0x41, 0xba, 8, 0, 0, 0],
    ["syscall", 0x0f, 0x05],
    ["again: mov eax, 34", 0xb8, 34, 0, 0, 0],
    ["syscall", 0x0f, 0x05],
    ["jmp again", 0xeb, 0xf7],
    ["nop nop: the sigaction starts at a multiple of four", 0x90, 0x90],
  ],
};

/** rt_sigaction is 134; there is no pause: ppoll, 73, without anything to wait for. Arguments in x0 to x4. */
const ARM64: Machine = {
  elf: 183,
  code: [
    ["mov x8, #134", ...word(movz(8, 134))],
    ["mov x0, #SIGCHLD", ...word(movz(0, SIGCHLD))],
    ["adr x1, +56: the sigaction behind the code", ...word(0x1000_0000 | ((56 >> 2) << 5) | 1)],
    ["mov x2, #0", ...word(movz(2, 0))],
    ["mov x3, #8", ...word(movz(3, 8))],
    ["svc #0", ...word(0xd400_0001)],
    ["again: mov x8, #73", ...word(movz(8, 73))],
    ["mov x0, #0", ...word(movz(0, 0))],
    ["mov x1, #0", ...word(movz(1, 0))],
    ["mov x2, #0", ...word(movz(2, 0))],
    ["mov x3, #0", ...word(movz(3, 0))],
    ["mov x4, #0", ...word(movz(4, 0))],
    ["svc #0", ...word(0xd400_0001)],
    ["b again", ...word(0x1400_0000 | (-7 & 0x03ff_ffff))],
    ["nop", ...word(0xd503_201f)],
    ["nop", ...word(0xd503_201f)],
  ],
};

const MACHINES: Readonly<Record<string, Machine>> = { amd64: AMD64, arm64: ARM64 };

/** struct sigaction of the kernel: handler SIG_IGN (1), then flags, restorer and mask, all zero. */
const SIGACTION: readonly number[] = [1, ...Array.from({ length: 31 }, () => 0)];

const LOAD_ADDRESS = 0x40_0000;
const HEADER_BYTES = 64;
const SEGMENT_BYTES = 56;

/** The program as an ELF file. Undefined: no instructions are known for this architecture (as Docker spells it). */
export function sleeperProgram(architecture: string): Buffer | undefined {
  const machine = MACHINES[architecture];
  if (machine === undefined) return undefined;
  const code = machine.code.flatMap(([, ...bytes]) => bytes);
  const body = Buffer.from([...code, ...SIGACTION]);
  return Buffer.concat([elfHeader(machine.elf), segmentHeader(body.length), body]);
}

function elfHeader(machine: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  // Magic, 64 bits, little-endian, version 1.
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16); // an executable
  header.writeUInt16LE(machine, 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS + HEADER_BYTES + SEGMENT_BYTES), 24); // entry
  header.writeBigUInt64LE(BigInt(HEADER_BYTES), 32); // program headers follow
  header.writeUInt16LE(HEADER_BYTES, 52);
  header.writeUInt16LE(SEGMENT_BYTES, 54);
  header.writeUInt16LE(1, 56); // one segment
  return header;
}

/** The whole file is loaded, readable and executable. */
function segmentHeader(bodyBytes: number): Buffer {
  const size = BigInt(HEADER_BYTES + SEGMENT_BYTES + bodyBytes);
  const header = Buffer.alloc(SEGMENT_BYTES);
  header.writeUInt32LE(1, 0); // PT_LOAD
  header.writeUInt32LE(5, 4); // read, execute
  header.writeBigUInt64LE(0n, 8);
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 16);
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), 24);
  header.writeBigUInt64LE(size, 32);
  header.writeBigUInt64LE(size, 40);
  header.writeBigUInt64LE(0x1000n, 48);
  return header;
}

function movz(register: number, value: number): number {
  return 0xd280_0000 | (value << 5) | register;
}

function word(value: number): readonly [number, number, number, number] {
  return [value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff];
}
