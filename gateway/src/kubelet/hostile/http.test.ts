import { useTarget } from "./testing/battlefield.js";
import { dialRaw } from "./testing/raw.js";

describe("a gateway under hostile HTTP", function () {
  this.timeout(60_000);
  const target = useTarget();

  it("bears an upgrade that is sent behind another request before its answer", async () => {
    for (const as of ["nobody", "admin"] as const) {
      const raw = await dialRaw(target(), as);
      const upgrade = "POST /exec/default/p/c?command=cat&input=1 HTTP/1.1\r\nHost: n\r\nConnection: Upgrade\r\n";
      raw.socket.write(
        `GET /pods HTTP/1.1\r\nHost: n\r\n\r\n${upgrade}Upgrade: SPDY/3.1\r\nX-Stream-Protocol-Version: v4.channel.k8s.io\r\n\r\n`,
      );
      await raw.closed();
      target().expectAlive();
      raw.socket.destroy();
    }
  });
});
