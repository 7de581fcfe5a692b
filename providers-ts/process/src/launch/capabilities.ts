/** Linux capabilities: their names by number, and the set that container runtimes leave by default. */

export const KERNEL_CAPABILITIES: readonly string[] =
  `CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE
   NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN
   SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
   MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`.split(/\s+/);

const DEFAULT =
  `CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT
   KILL AUDIT_WRITE`.split(/\s+/);

export function defaultCapabilities(available: ReadonlySet<string>): readonly string[] {
  return DEFAULT.filter((name) => available.has(name));
}

/** Names in a mask as /proc prints it. */
export function capabilitiesOf(mask: string): ReadonlySet<string> {
  const bits = BigInt(`0x${mask}`);
  return new Set(KERNEL_CAPABILITIES.filter((_, bit) => (bits >> BigInt(bit)) & 1n));
}
