import { expect } from "chai";
import { defaultPullPolicy, parseImageName } from "./image-name.js";
import type { Secret } from "./kubernetes.js";
import { podWith } from "./pod.test.js";
import { credentialsFor, imageVolumeInputs } from "./pull-secrets.js";

const base64 = (value: unknown): string =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64");

function dockerConfig(auths: Readonly<Record<string, object>>): Secret {
  return { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": base64({ auths }) } };
}

const user = (username: string): object => ({ username, password: "p" });
const usersFor = (image: string, ...secrets: readonly Secret[]): readonly string[] =>
  credentialsFor(image, secrets).map(({ username }) => username);

describe("credentialsFor", () => {
  const cases: readonly (readonly [name: string, key: string, image: string, fits: boolean])[] = [
    ["the same host", "quay.io", "quay.io/a/b:1", true],
    ["another host", "quay.io", "gcr.io/a/b", false],
    ["a host with scheme and version", "https://quay.io/v2/", "quay.io/a", true],
    ["a path prefix", "quay.io/team", "quay.io/team/app", true],
    ["another path", "quay.io/team", "quay.io/other/app", false],
    ["a glob for one label", "*.example.test", "eu.example.test/app", true],
    ["a glob that would need two labels", "*.example.test", "a.b.example.test/app", false],
    ["the port of the registry", "quay.io:5000", "quay.io:5000/app", true],
    ["a port that is not there", "quay.io", "quay.io:5000/app", false],
    ["Docker's registry by its old name", "https://index.docker.io/v1/", "busybox", true],
    ["Docker's registry for others", "https://index.docker.io/v1/", "quay.io/busybox", false],
  ];
  for (const [name, key, image, fits] of cases) {
    it(`${fits ? "takes" : "does not take"} ${name}`, () => {
      expect(usersFor(image, dockerConfig({ [key]: user("u") }))).to.deep.equal(fits ? ["u"] : []);
    });
  }

  it("tries the more specific first and all that match", () => {
    const secrets = [dockerConfig({ "quay.io": user("wide") }), dockerConfig({ "quay.io/team": user("narrow") })];
    expect(usersFor("quay.io/team/app", ...secrets)).to.deep.equal(["narrow", "wide"]);
  });

  it("reads auth, the old format, and passes over what cannot be read", () => {
    const old: Secret = {
      type: "kubernetes.io/dockercfg",
      data: { ".dockercfg": base64({ "quay.io": { auth: base64("me:a:b") } }) },
    };
    const broken: Secret = { type: "kubernetes.io/dockerconfigjson", data: { ".dockerconfigjson": base64("{") } };
    expect(
      credentialsFor("quay.io/x", [broken, old]).map(({ username, password }) => [username, password]),
    ).to.deep.equal([["me", "a:b"]]);
  });
});

describe("image volumes", () => {
  const pod = podWith({
    containers: [{ name: "c" }],
    volumes: [
      { name: "data", image: { reference: "quay.io/data:1" } },
      { name: "other", image: { reference: "gcr.io/data:1" } },
      { name: "scratch", emptyDir: {} },
    ],
  });

  it("get the credentials that match their images", () => {
    const found = imageVolumeInputs(pod, [dockerConfig({ "quay.io": user("q") })]);
    expect(found?.map(({ name }) => name)).to.deep.equal(["data"]);
    expect(found?.[0]?.registryCredentials.map(({ username }) => username)).to.deep.equal(["q"]);
  });

  it("are not listed where nothing matches", () => {
    expect(imageVolumeInputs(pod, [dockerConfig({ "docker.io": user("d") })])).to.equal(undefined);
  });
});

describe("image names", () => {
  it("get Docker's defaults", () => {
    expect(parseImageName("busybox")).to.deep.equal({
      domain: "docker.io",
      path: "library/busybox",
      tag: "latest",
      digest: "",
    });
    expect(parseImageName("me/app:1")).to.include({ domain: "docker.io", path: "me/app", tag: "1" });
    expect(parseImageName("localhost/app")).to.include({ domain: "localhost", path: "app" });
    expect(parseImageName("r.example:5000/a/b:v")).to.include({ domain: "r.example:5000", path: "a/b", tag: "v" });
    expect(parseImageName(`app@sha256:${"0".repeat(64)}`)).to.include({ tag: "", digest: `sha256:${"0".repeat(64)}` });
  });

  it("are refused where a runtime refuses them", () => {
    for (const text of ["", "UPPER/Case:x y", "a//b", "a:", "a@", "-a", "a@sha256:1"]) {
      expect(parseImageName(text), text).to.equal(undefined);
    }
  });

  it("decide the pull policy", () => {
    expect(defaultPullPolicy("a")).to.equal("Always");
    expect(defaultPullPolicy("a:latest")).to.equal("Always");
    expect(defaultPullPolicy("a:1")).to.equal("IfNotPresent");
    expect(defaultPullPolicy(`a@sha256:${"0".repeat(64)}`)).to.equal("IfNotPresent");
  });
});
