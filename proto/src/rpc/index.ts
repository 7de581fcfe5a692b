export { type Address, formatAddress, MAX_SOCKET_PATH_BYTES, parseAddress } from "./address.js";
export { DEFAULT_DEADLINE_MS } from "./calls.js";
export type { TlsFiles } from "./certificate-files.js";
export {
  type Channel,
  type ChannelOptions,
  connect,
  DEFAULT_MAX_MESSAGE_BYTES,
  openChannel,
} from "./client.js";
export type { ClientSecurity, ServerSecurity } from "./credentials.js";
export { cutText } from "./cut-text.js";
export type {
  CallContext,
  CallOptions,
  Client,
  Handlers,
  MethodDefinition,
  RequestOf,
  ResponseOf,
  ServiceDefinition,
} from "./definition.js";
export { ERROR_DOMAIN, type FieldViolation } from "./details.js";
export { goCodeName } from "./go-names.js";
export { addHealth, checkHealth, type Health } from "./health.js";
export type { HealthStatus } from "./health-messages.js";
export { addReflection } from "./reflection.js";
export { createServer, type RpcServer, type ServerOptions } from "./server.js";
export { Code, isStatusError, StatusError, type StatusErrorOptions } from "./status.js";
