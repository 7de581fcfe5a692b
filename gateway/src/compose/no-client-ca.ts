/** No authority for client certificates: the kubelet port answers nobody until one is configured. */
import { type CaSource, createSettable } from "../kubelet/certificates/source.js";

/** An empty bundle. */
export const noClientCa: CaSource = createSettable("");
