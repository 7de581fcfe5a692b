import { expect } from "chai";
import { annotations, ipAddress, labels, nodeAddress, nodeName, taint } from "./node-parsers.js";
import { featurePolicy } from "./pod-parsers.js";
import { providerAddress } from "./provider-parsers.js";
import { flag, list, map, oneOf, type Parser, text, whole } from "./setting.js";

type Case = readonly [
  what: string,
  parse: Parser<unknown>,
  good: readonly (readonly [unknown, unknown])[],
  bad: readonly unknown[],
];

const CASES: readonly Case[] = [
  ["a text", text, [["a b", "a b"]], ["", 1, null, ["a"]]],
  [
    "a whole number from 0 to 9",
    whole(0, 9),
    [
      ["7", 7],
      [9, 9],
      ["0", 0],
    ],
    ["", "10", "-1", "1.5", "1e0", " 1", "0x1", true, null, [], 9.5],
  ],
  [
    "a switch",
    flag,
    [
      ["true", true],
      [false, false],
    ],
    ["", "yes", 1],
  ],
  ["one of two words", oneOf("a", "b"), [["b", "b"]], ["c", "", undefined]],
  [
    "a list",
    list(text),
    [
      ["a, b,,", ["a", "b"]],
      [["a"], ["a"]],
      ["", []],
    ],
    [{ a: 1 }, 1, [""], [1]],
  ],
  [
    "a map",
    map,
    [
      ["a=b,c=d=e,f=", { a: "b", c: "d=e", f: "" }],
      [
        { a: "b", n: 1, t: true },
        { a: "b", n: "1", t: "true" },
      ],
      ["", {}],
      [{}, {}],
    ],
    ["a", "=b", ["a"], { a: null }, { a: {} }, { a: ["b"] }],
  ],
  ["a node name", nodeName, [["n-1.example", "n-1.example"]], ["", "N", "-a", "a-", "a..b", "a".repeat(254), 1]],
  [
    "a taint",
    taint,
    [
      ["k=v:NoSchedule", { key: "k", value: "v", effect: "NoSchedule" }],
      ["k:NoExecute", { key: "k", value: "", effect: "NoExecute" }],
      ["k=:PreferNoSchedule", { key: "k", value: "", effect: "PreferNoSchedule" }],
    ],
    ["k", "k=v", "k:Never", ":NoSchedule", {}],
  ],
  [
    "a node address",
    nodeAddress,
    [
      ["InternalIP=10.0.0.1", { type: "InternalIP", address: "10.0.0.1" }],
      ["ExternalIP=fd00::1", { type: "ExternalIP", address: "fd00::1" }],
      ["Hostname=n1", { type: "Hostname", address: "n1" }],
    ],
    ["10.0.0.1", "InternalIP=", "InternalIP=n1", "Nickname=x", 1],
  ],
  [
    "an IP address",
    ipAddress,
    [
      ["0.0.0.0", "0.0.0.0"],
      ["::1", "::1"],
    ],
    ["localhost", "10.0.0", "", 1],
  ],
  [
    "labels",
    labels,
    [
      ["a=b,example.com/c=", { a: "b", "example.com/c": "" }],
      [{ "a.b/c_d": 1 }, { "a.b/c_d": "1" }],
    ],
    ["a=b c", "a/b/c=d", "A.b/=x", "-a=b", `a=${"v".repeat(64)}`, "/a=b"],
  ],
  [
    "annotations",
    annotations,
    [["example.com/a=any text: at all", { "example.com/a": "any text: at all" }]],
    ["a/b/c=d"],
  ],
  [
    "a feature policy",
    featurePolicy,
    [
      ["host_port=warn,*=refuse", { host_port: "warn", "*": "refuse" }],
      [{ unknown_field: "omit" }, { unknown_field: "omit" }],
    ],
    ["host_port=ignore", "hostport=warn"],
  ],
  [
    "a provider's address",
    providerAddress,
    [
      ["unix:///run/p.sock", "unix:///run/p.sock"],
      ["tcp://h:1", "tcp://h:1"],
    ],
    ["", "/run/p.sock", "unix://relative", "tcp://h", "http://h:1", `unix:///${"p".repeat(110)}`, 1],
  ],
];

describe("a setting", () => {
  for (const [what, parse, good, bad] of CASES) {
    it(`that is ${what} takes what is one`, () => {
      for (const [raw, value] of good) expect(parse(raw), JSON.stringify(raw)).to.deep.equal({ value });
    });

    it(`that is ${what} says what is wrong with anything else`, () => {
      for (const raw of bad) expect(parse(raw), JSON.stringify(raw)).to.have.property("problem").that.matches(/\w/);
    });
  }
});
