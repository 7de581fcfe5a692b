/**
 * Config maps and secrets that pods refer to, each by a watch on that object alone, which is all that the Node authorizer lets a
 * node see. A watch begins with the first pod that follows the object and ends with the last; immutable objects need none.
 */
import type { Clock } from "../ports/clock.js";
import type { KubeHttp } from "./http.js";
import { type ListWatchEvent, listWatch } from "./list-watch.js";
import type { KubeLog } from "./log.js";
import { namespacedPath } from "./paths.js";
import type { ApiObject } from "./watch-line.js";

/** Which object. */
export interface WatchedObject {
  readonly namespace: string;
  readonly resource: "configmaps" | "secrets";
  readonly name: string;
}

export interface ObjectWatchesOptions {
  readonly http: KubeHttp;
  readonly clock: Clock;
  /** Ends every watch. */
  readonly ended: AbortSignal;
  /** Told of the path of an object before its followers are. */
  readonly changed: (path: string) => void;
  readonly random?: () => number;
  readonly log?: KubeLog;
}

interface StoredObject extends ApiObject {
  readonly immutable?: boolean;
}

/** An object that somebody follows. */
interface Followed {
  readonly path: string;
  readonly followers: Map<string, () => void>;
  readonly end: AbortController;
  /** Versions that were read before the watch had its list. */
  readonly read: Set<string>;
  /** Version that the watch told last; undefined: nothing yet. */
  version: string | undefined;
}

const KINDS = { configmaps: "ConfigMap", secrets: "Secret" } as const;
/** The version of what does not exist. */
const ABSENT = "";

/** Path of the object; also its key. */
export function objectPath({ namespace, resource, name }: WatchedObject): string {
  return namespacedPath(namespace, resource, name);
}

export class ObjectWatches {
  readonly #options: ObjectWatchesOptions;
  readonly #objects = new Map<string, Followed>();
  /** Pod UID → paths. */
  readonly #pods = new Map<string, ReadonlySet<string>>();

  constructor(options: ObjectWatchesOptions) {
    this.#options = options;
  }

  /** Objects that are followed and known. */
  get size(): number {
    return [...this.#objects.values()].filter(({ version }) => version !== undefined).length;
  }

  /** Follows exactly these from now on. */
  follow(podUid: string, objects: readonly WatchedObject[], changed: () => void): void {
    const before = this.#pods.get(podUid) ?? new Set<string>();
    const now = new Set(objects.map(objectPath));
    for (const object of objects) this.#of(object).followers.set(podUid, changed);
    for (const path of before) if (!now.has(path)) this.#leave(path, podUid);
    if (now.size === 0) this.#pods.delete(podUid);
    else this.#pods.set(podUid, now);
  }

  unfollow(podUid: string): void {
    for (const path of this.#pods.get(podUid) ?? []) this.#leave(path, podUid);
    this.#pods.delete(podUid);
  }

  /** A reader got this; undefined: there is none. A change between such a read and the watch's begin is told too. */
  noteRead(path: string, found: object | undefined): void {
    const followed = this.#objects.get(path);
    if (followed === undefined || followed.version !== undefined) return;
    followed.read.add((found as ApiObject | undefined)?.metadata.resourceVersion ?? ABSENT);
  }

  #of(object: WatchedObject): Followed {
    const path = objectPath(object);
    const known = this.#objects.get(path);
    if (known !== undefined) return known;
    const followed: Followed = {
      path,
      followers: new Map(),
      end: new AbortController(),
      read: new Set(),
      version: undefined,
    };
    this.#objects.set(path, followed);
    void this.#watch(object, followed);
    return followed;
  }

  #leave(path: string, podUid: string): void {
    const followed = this.#objects.get(path);
    followed?.followers.delete(podUid);
    if (followed === undefined || followed.followers.size > 0) return;
    this.#objects.delete(path);
    followed.end.abort(new Error("no pod refers to the object any more"));
  }

  /** While the watch cannot be opened each try begins with a list, so that changes come late but come. */
  async #watch({ namespace, resource, name }: WatchedObject, followed: Followed): Promise<void> {
    const { ended, changed: _, ...options } = this.#options;
    const path = namespacedPath(namespace, resource);
    const one = { path, kind: KINDS[resource], apiVersion: "v1", fieldSelector: `metadata.name=${name}` };
    const signal = AbortSignal.any([ended, followed.end.signal]);
    for await (const event of listWatch<StoredObject>({ ...options, ...one, pool: "objects" }, signal)) {
      this.#take(followed, event);
    }
  }

  #take(followed: Followed, event: ListWatchEvent<StoredObject>): void {
    if (event.kind === "lost") return;
    const object = event.kind === "list" ? event.items[0] : event.kind === "set" ? event.object : undefined;
    const version = object?.metadata.resourceVersion ?? ABSENT;
    const isNews = followed.version === undefined ? isOther(followed.read, version) : followed.version !== version;
    followed.version = version;
    followed.read.clear();
    if (object?.immutable === true) followed.end.abort(new Error("the object is immutable"));
    if (!isNews) return;
    this.#options.changed(followed.path);
    for (const changed of followed.followers.values()) changed();
  }
}

/** Some reader has another version. */
function isOther(read: ReadonlySet<string>, version: string): boolean {
  return [...read].some((each) => each !== version);
}
