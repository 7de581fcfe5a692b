import { expect } from "chai";
import { cleanPath, parseTarget } from "./request-path.js";
import type { Route, Service } from "./route-table.js";
import { findRoute, findService } from "./router.js";

const route = (pattern: string, methods: Route["methods"]): Route => ({ pattern, methods, handle: () => {} });
const service = (root: string, exact: boolean, ...routes: readonly Route[]): Service => {
  return { name: root, root, exact, subresources: [], routes };
};

const exec = service("/exec", false, route("/{ns}/{pod}", ["GET", "POST"]), route("/{ns}/{pod}/{uid}", ["POST"]));
const stats = service("/stats/", false, route("/summary", ["GET"]));
const metrics = service("/metrics", true, route("", "any"));
const logs = service("/logs/", false, route("/*", "any"));
const table = [exec, stats, metrics, logs];

describe("the router", () => {
  it("finds a service by its root, with or without what is below", () => {
    expect(findService(table, "/exec")).to.deep.equal({ kind: "service", service: exec });
    expect(findService(table, "/exec/a/b")).to.deep.equal({ kind: "service", service: exec });
    expect(findService(table, "/metrics")).to.deep.equal({ kind: "service", service: metrics });
  });

  it("knows nothing below an exact root and nothing that only begins like a root", () => {
    expect(findService(table, "/metrics/nope").kind).to.equal("unknown");
    expect(findService(table, "/metrics/").kind).to.equal("unknown");
    expect(findService(table, "/executor").kind).to.equal("unknown");
    expect(findService(table, "/").kind).to.equal("unknown");
  });

  it("sends the root of a tree to its slash", () => {
    expect(findService(table, "/stats")).to.deep.equal({ kind: "redirect", path: "/stats/" });
    expect(findService(table, "/stats/").kind).to.equal("service");
  });

  it("gives a route its placeholders and ignores a slash at the end", () => {
    const found = findRoute(exec, "/exec/a/b/", "GET");
    expect(found).to.deep.include({ kind: "route", params: { ns: "a", pod: "b" } });
  });

  it("names the methods of the path when the method is another", () => {
    expect(findRoute(exec, "/exec/a/b", "PUT")).to.deep.equal({ kind: "wrong-method", allow: ["GET", "POST"] });
    expect(findRoute(exec, "/exec/a/b/u", "GET")).to.deep.equal({ kind: "wrong-method", allow: ["POST"] });
  });

  it("does not match a path that is shorter or longer than every pattern", () => {
    expect(findRoute(exec, "/exec/a", "GET").kind).to.equal("unknown");
    expect(findRoute(exec, "/exec/a/b/c/d", "GET").kind).to.equal("unknown");
  });

  it("lets a star match everything", () => {
    expect(findRoute(logs, "/logs/a/b", "BREW").kind).to.equal("route");
    expect(findRoute(logs, "/logs/", "GET").kind).to.equal("route");
  });
});

describe("the path of a request", () => {
  it("is decoded once", () => {
    expect(parseTarget("/exec/a%2Fb/c%2541?x=%20")).to.deep.equal({
      kind: "path",
      path: "/exec/a/b/c%41",
      query: "x=%20",
    });
  });

  it("is sent to its shortest form when it is not in it", () => {
    expect(parseTarget("/stats/../exec//a?q=1")).to.deep.equal({ kind: "unclean", location: "/exec/a?q=1" });
    expect(parseTarget("//evil.example/x")).to.deep.equal({ kind: "unclean", location: "/evil.example/x" });
  });

  it("keeps encoded dots as ordinary names", () => {
    expect(parseTarget("/stats/%2e%2e/exec")).to.deep.equal({ kind: "path", path: "/stats/../exec", query: "" });
  });

  it("may come with scheme and host", () => {
    expect(parseTarget("https://node:10250/pods?x")).to.deep.equal({ kind: "path", path: "/pods", query: "x" });
  });

  it("is malformed with a broken escape or without a slash", () => {
    expect(parseTarget("/a%zz").kind).to.equal("malformed");
    expect(parseTarget("*").kind).to.equal("malformed");
    expect(parseTarget("").kind).to.equal("malformed");
  });

  it("keeps a slash at the end when cleaned", () => {
    expect(cleanPath("/a//b/")).to.equal("/a/b/");
    expect(cleanPath("/a/..")).to.equal("/");
    expect(cleanPath("/../..//")).to.equal("/");
  });
});
