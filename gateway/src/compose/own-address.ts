/** The address of this machine on the way to a server. */
import { createSocket } from "node:dgram";

/** Local address that traffic to the URL's host would come from; nothing is sent. Loopback when that cannot be found. */
export async function ownAddress(url: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, "");
  const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.connect(Number(port === "" ? 443 : port), host, () => resolve());
    });
    return socket.address().address;
  } catch {
    return "127.0.0.1";
  } finally {
    socket.close();
  }
}
