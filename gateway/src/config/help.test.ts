import { expect } from "chai";
import { help } from "./help.js";
import { environmentName, type Setting } from "./setting.js";
import { GATEWAY_SETTINGS, INSPECT_SETTINGS, STANDALONE_SETTINGS } from "./settings.js";

const TABLES: Readonly<Record<string, Readonly<Record<string, Setting<unknown>>>>> = {
  gateway: { ...GATEWAY_SETTINGS },
  standalone: { ...STANDALONE_SETTINGS },
  inspect: { ...INSPECT_SETTINGS },
};

describe("the help", () => {
  for (const [command, table] of Object.entries(TABLES)) {
    it(`of ${command} tells flag, variable, path and meaning of every setting`, () => {
      const text = help(command);
      for (const setting of Object.values(table)) {
        const value = setting.isSwitch === true ? "" : " VALUE";
        expect(text).to.contain(`  --${setting.flag}${value}  ${environmentName(setting)}, ${setting.path}\n`);
        expect(text).to.contain(setting.text);
      }
      expect(text).to.contain("--config FILE");
    });

    it(`of ${command} has no flag, variable or path twice`, () => {
      for (const key of ["flag", "path"] as const) {
        const values = Object.values(table).map((setting) => setting[key]);
        expect(new Set(values).size, key).to.equal(values.length);
      }
    });

    it(`of ${command} fits a terminal of 120 columns`, () => {
      for (const line of help(command).split("\n")) expect(line.length, line).to.be.at.most(120);
    });
  }

  it("says what is required and what a default is", () => {
    expect(help("gateway")).to.contain("name of the node (required)");
    expect(help("gateway")).to.contain("the kubelet's HTTPS port; 0: any (default 10250)");
    expect(help("standalone")).to.contain("address of the kubelet port (default 127.0.0.1)");
  });

  it("names the commands when it knows no such command", () => {
    for (const word of ["", "nothing"]) {
      for (const command of Object.keys(TABLES)) expect(help(word)).to.contain(`outboard ${command}`);
    }
  });
});
