import { expect } from "chai";
import { wholeRoot } from "./layers.js";

const MOUNTS = [
  "21 1 0:20 / / rw - overlay overlay rw",
  "22 21 8:1 /disk /usr rw,relatime - ext4 /dev/sda1 rw",
  "23 21 8:1 /files/hosts /etc/hosts rw,relatime - ext4 /dev/sda1 rw",
  "24 21 8:1 /gone /no/such/folder rw - ext4 /dev/sda1 rw",
  "25 21 0:30 / /tmp rw - tmpfs tmpfs rw",
].join("\n");

describe("wholeRoot", () => {
  it("shows disks mounted below the root, but no single files as container engines mount them", () => {
    const { layers } = wholeRoot("/", MOUNTS, []);
    expect(layers).to.deep.equal([
      { lower: "/", at: "/" },
      { lower: "/usr", at: "/usr" },
    ]);
  });

  it("looks at no mounts where the root is a folder", () => {
    expect(wholeRoot("/images/one", MOUNTS, []).layers).to.deep.equal([{ lower: "/images/one", at: "/" }]);
  });
});
