/** The image of infra containers: one that the user names, or our own small program, imported when it is not there. */
import type { Connection } from "../api/connection.js";
import { orMissing } from "../api/errors.js";
import { jsonLines } from "../api/json-lines.js";
import type { EngineVersion } from "../api/objects.js";
import { sleeperProgram } from "./sleeper.js";
import { tarOfProgram } from "./tar.js";

const REPOSITORY = "outboard.local/infra";
const TAG = "1";
const PROGRAM = "sleep";

export class InfraImage {
  readonly #connection: Connection;
  readonly #named: string | undefined;
  #making: Promise<string> | undefined;

  /** @param named an image that is there and whose own command waits for ever */
  constructor(connection: Connection, named: string | undefined) {
    this.#connection = connection;
    this.#named = named;
  }

  /** The image's name; asked before each use, as someone may have removed it. */
  async ensure(): Promise<string> {
    if (this.#named !== undefined) return this.#named;
    const path = `/images/${REPOSITORY}:${TAG}/json`;
    if ((await orMissing(this.#connection.json({ method: "GET", path }))) !== undefined) return `${REPOSITORY}:${TAG}`;
    this.#making ??= this.#import().finally(() => (this.#making = undefined));
    return await this.#making;
  }

  async #import(): Promise<string> {
    const { Arch } = await this.#connection.json<EngineVersion>({ method: "GET", path: "/version" });
    const program = sleeperProgram(Arch);
    if (program === undefined) {
      throw new Error(`there is no infra image for ${Arch}: name one that waits for ever with --infra-image`);
    }
    const query = new URLSearchParams({ fromSrc: "-", changes: `ENTRYPOINT ["/${PROGRAM}"]` });
    const stream = await this.#connection.stream({
      method: "POST",
      path: `/images/create?${query.toString()}`,
      body: tarOfProgram(PROGRAM, program),
    });
    const id = await importedId(stream);
    // Named apart: one call that does both has its tag ignored by podman.
    const name = new URLSearchParams({ repo: REPOSITORY, tag: TAG });
    await this.#connection.json({ method: "POST", path: `/images/${id}/tag?${name.toString()}` });
    return `${REPOSITORY}:${TAG}`;
  }
}

async function importedId(stream: AsyncIterable<unknown>): Promise<string> {
  let id = "";
  for await (const { status, error } of jsonLines<{ readonly status?: string; readonly error?: string }>(stream)) {
    if (error !== undefined) throw new Error(`the infra image was not imported: ${error}`);
    if (status?.startsWith("sha256:") === true) id = status;
  }
  if (id === "") throw new Error("the infra image was not imported: the engine named no image");
  return id;
}
