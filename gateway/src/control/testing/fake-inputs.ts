/** FAKE of what pods refer to: config maps in memory whose changes are told to those who follow them. */
import type { ConfigMap, Pod } from "../../domain/kubernetes.js";
import type { FollowedObjects, InputSource, Token, TokenRequest } from "../../ports/inputs.js";

/** The fake. */
export class FakeInputs implements InputSource {
  readonly configMaps: Map<string, ConfigMap> = new Map();
  /** Pod UID → names. */
  readonly followed: Map<string, readonly string[]> = new Map();
  readonly #told = new Map<string, () => void>();

  /** Sets the data of a config map; undefined deletes it. Followers are told. */
  set(name: string, data: Readonly<Record<string, string>> | undefined): void {
    if (data === undefined) this.configMaps.delete(name);
    else this.configMaps.set(name, { data });
    for (const [uid, names] of this.followed) if (names.includes(name)) this.#told.get(uid)?.();
  }

  async configMap(_namespace: string, name: string): Promise<ConfigMap | undefined> {
    return this.configMaps.get(name);
  }

  async secret(): Promise<undefined> {}

  async runtimeHandler(): Promise<undefined> {}

  async token(_request: TokenRequest): Promise<Token | undefined> {
    return undefined;
  }

  async services(): Promise<readonly []> {
    return [];
  }

  follow({ metadata: { uid } }: Pod, { configMaps }: FollowedObjects, changed: () => void): void {
    this.followed.set(uid, configMaps);
    this.#told.set(uid, changed);
  }

  unfollow(uid: string): void {
    this.followed.delete(uid);
    this.#told.delete(uid);
  }

  forget(uid: string): void {
    this.unfollow(uid);
  }
}
