/** Image names in full. */
import { expect } from "chai";
import { parseReference } from "./reference.js";
import { registryAuth } from "./registry-auth.js";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("an image name", () => {
  for (const [text, name] of [
    ["busybox", "docker.io/library/busybox:latest"],
    ["busybox:1.36", "docker.io/library/busybox:1.36"],
    ["me/app", "docker.io/me/app:latest"],
    ["index.docker.io/me/app:x", "docker.io/me/app:x"],
    ["localhost/app", "localhost/app:latest"],
    ["localhost:5000/app", "localhost:5000/app:latest"],
    ["registry.k8s.io/pause:3.9", "registry.k8s.io/pause:3.9"],
    [`busybox@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`],
    [`busybox:1.36@${DIGEST}`, `docker.io/library/busybox@${DIGEST}`],
  ] as const) {
    it(`${text} is ${name}`, () => expect(parseReference(text)?.name).to.equal(name));
  }

  for (const text of ["", "Busybox", "a b", "busybox:", "busybox:-x", "busybox@", "busybox@sha256:12", "/x", "x//y"]) {
    it(`is not ${JSON.stringify(text)}`, () => expect(parseReference(text)).to.equal(undefined));
  }
});

describe("the credentials header", () => {
  it("holds what is known, in the alphabet of URLs", () => {
    const credential = {
      serverAddress: "r.example",
      username: "ü?",
      password: "~~~",
      identityToken: "",
      registryToken: "",
    };
    const text = registryAuth(credential);
    expect(text).to.match(/^[\w=-]+$/);
    expect(JSON.parse(Buffer.from(text, "base64url").toString())).to.deep.equal({
      username: "ü?",
      password: "~~~",
      serveraddress: "r.example",
    });
  });
});
