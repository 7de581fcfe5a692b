import { expect } from "chai";
import { sandboxConfig } from "./sandbox-config.js";

const PLACE = {
  owner: { clusterId: "c", nodeName: "n" },
  attempt: 0,
  cgroupParent: "/g",
  logDirectory: "/logs",
};

describe("sandboxConfig", () => {
  it("maps the ports of main containers, and no others, as the kubelet", () => {
    const manifest = {
      spec: {
        initContainers: [{ name: "side", restartPolicy: "Always", ports: [{ containerPort: 1, hostPort: 1 }] }],
        containers: [{ name: "main", ports: [{ containerPort: 80, hostPort: 8080, protocol: "UDP" }] }],
      },
    };
    const { portMappings } = sandboxConfig(
      {
        uid: "u",
        namespace: "ns",
        name: "p",
        folder: "/f",
        hostname: "p",
        hostNetwork: false,
        shareProcessNamespace: false,
        hostsFile: () => "",
        runtimeHandler: "",
        manifest,
      },
      PLACE,
    );
    expect(portMappings).to.deep.equal([{ protocol: 1, containerPort: 80, hostPort: 8080, hostIp: "" }]);
  });
});
