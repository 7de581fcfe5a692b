import { requireControlPlane } from "@outboard/devcluster";
import { describeEnclosed, isEnclosed, type RuntimeNeed } from "@outboard/runtimes";
import { describeProvider } from "./matrix.js";
import { PHASES } from "./phases.js";
import { PROVIDERS } from "./stage.js";

const NEEDS: readonly RuntimeNeed[] = ["containerd-v2", "dockerd", "images"];
/** A few of the matrix: `npm run e2e -- kills` plays it all. */
const CELLS = [
  "main container creation/provider/cri",
  "deletion with grace/runtime/cri",
  "running/gateway/docker",
  "removal/provider/docker",
];

describe("kill -9 in a phase of a pod's life", () => {
  before(async function () {
    if (!isEnclosed()) await requireControlPlane(this);
  });

  describeEnclosed({ title: "over a real runtime", file: import.meta.filename, needs: NEEDS }, () => {
    for (const provider of PROVIDERS) {
      describeProvider(provider, PHASES, (...cell) => CELLS.includes([cell[0].name, cell[1], cell[2]].join("/")));
    }
  });
});
