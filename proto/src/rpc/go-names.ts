// How Go spells what others spell differently.

const NAMES = [
  "OK",
  "Canceled",
  "Unknown",
  "InvalidArgument",
  "DeadlineExceeded",
  "NotFound",
  "AlreadyExists",
  "PermissionDenied",
  "ResourceExhausted",
  "FailedPrecondition",
  "Aborted",
  "OutOfRange",
  "Unimplemented",
  "Internal",
  "Unavailable",
  "DataLoss",
  "Unauthenticated",
];

/** The name that Go gives a gRPC status code, as it stands in the kubelet's texts: "DeadlineExceeded". Undefined: no such code. */
export function goCodeName(code: number): string | undefined {
  return NAMES[code];
}
