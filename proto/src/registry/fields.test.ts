import { expect } from "chai";
import * as contract from "../index.js";
import { FIELDS } from "./gen/fields.js";

const PROVIDER = "outboard.provider.v1";

interface Codec {
  decode(bytes: Uint8Array): object;
}

describe("the table of fields", () => {
  it("has a row for every property of every generated message", () => {
    let checked = 0;
    for (const [type, fields] of Object.entries(FIELDS)) {
      const codec = (contract as Record<string, unknown>)[type.slice(type.lastIndexOf(".") + 1)] as Codec | undefined;
      if (codec === undefined) continue;
      const oneofs = Object.values(fields).map((row) => row.oneof);
      const known = new Set([...Object.keys(fields), ...oneofs]);
      for (const key of Object.keys(codec.decode(new Uint8Array())))
        expect(known.has(key), `${type}.${key}`).to.equal(true);
      checked += 1;
    }
    expect(checked).to.be.greaterThan(60);
  });

  it("states a limit for every text and every byte field but the two that the message size bounds", () => {
    const open: string[] = [];
    for (const [type, fields] of Object.entries(FIELDS)) {
      for (const row of Object.values(fields)) {
        if ((row.kind === "string" || row.kind === "bytes") && row.maxBytes === undefined)
          open.push(`${type}.${row.name}`);
      }
    }
    expect(open).to.have.members([`${PROVIDER}.FileInput.content`, `${PROVIDER}.Manifest.json`]);
  });

  it("knows every message type that a field refers to, Timestamp apart", () => {
    for (const fields of Object.values(FIELDS)) {
      for (const row of Object.values(fields)) {
        if (row.type !== undefined && row.type !== "google.protobuf.Timestamp")
          expect(FIELDS).to.have.property(row.type);
      }
    }
  });
});
