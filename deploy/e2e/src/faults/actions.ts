// What the test asks of the API server, each thing again until it is done: the API server may be away.

import { ApiError, eventually } from "@outboard/devcluster";
import type { KubeObject } from "@outboard/devcluster";
import type { Arena } from "./arena.js";
import type { Asked, Fate } from "./fates.js";
import { manifestOf, SECOND_IMAGE } from "./manifests.js";

/** What was asked, and what came of it. */
export interface Book {
  readonly asked: Map<string, Asked>;
  /** UIDs by name. */
  readonly created: Map<string, string>;
}

export type Action = () => Promise<void>;

const PATIENCE_MS = 180_000;
export const FIRST_CONFIG = "first";
export const SECOND_CONFIG = "second";

export function creating({ api, namespace, place }: Arena, book: Book, name: string, fate: Fate): Action {
  return async () => {
    book.asked.set(name, { fate, imageChanges: 0, isImageSeen: false, isDeleted: false, isForced: false });
    if (fate.hasConfig === true) {
      const config = { metadata: { name }, data: { text: FIRST_CONFIG } };
      await done(async () => api.create(`/api/v1/namespaces/${namespace}/configmaps`, config), 409);
    }
    const pods = `/api/v1/namespaces/${namespace}/pods`;
    await done(async () => api.create(pods, manifestOf(place, name, fate)), 409);
    await done(async () => {
      const { metadata } = await api.get(`${pods}/${name}`);
      book.created.set(name, metadata.uid ?? "");
    });
  };
}

/** A label, and for what has one: the content of its ConfigMap and the image. */
export function updating({ api, namespace }: Arena, book: Book, name: string): readonly Action[] {
  const asked = book.asked.get(name);
  const base = `/api/v1/namespaces/${namespace}`;
  const label = async (): Promise<void> =>
    done(async () => api.patch(`${base}/pods/${name}`, { metadata: { labels: { round: "second" } } }));
  if (asked?.fate.hasConfig !== true) return [label];
  return [
    label,
    async () => {
      book.asked.set(name, { ...(book.asked.get(name) ?? asked), config: SECOND_CONFIG });
      await done(async () => api.patch(`${base}/configmaps/${name}`, { data: { text: SECOND_CONFIG } }));
    },
    async () => {
      book.asked.set(name, { ...(book.asked.get(name) ?? asked), imageChanges: 1 });
      const spec = { containers: [{ name: "main", image: SECOND_IMAGE }] };
      await done(async () => api.patch(`${base}/pods/${name}`, { spec }, "strategic"));
    },
  ];
}

export function deleting({ api, namespace }: Arena, book: Book, name: string, isForced = false): Action {
  return async () => {
    const asked = book.asked.get(name);
    if (asked === undefined) throw new Error(`${name} was not made`);
    book.asked.set(name, { ...asked, isDeleted: true, isForced });
    const query = isForced ? { gracePeriodSeconds: 0 } : {};
    await done(async () => api.delete(`/api/v1/namespaces/${namespace}/pods/${name}`, { query }), 404);
  };
}

/** Tries until it works, or is answered with a status that tells that it was done before. */
async function done(call: () => Promise<KubeObject | void>, already = 0): Promise<void> {
  const isDone = async (): Promise<boolean> => {
    try {
      await call();
      return true;
    } catch (error) {
      if (error instanceof ApiError && error.status === already) return true;
      throw error;
    }
  };
  await eventually(isDone, { message: "the API server's answer", timeoutMs: PATIENCE_MS, intervalMs: 300 });
}
