/** The shape of the route table: services, and the routes below each. */
import type { Handler } from "./exchange.js";

/** One kind of call below a service. */
export interface Route {
  /** Below the service's root: "" for the root itself, "/{namespace}/{pod}" with placeholders, "/*" for anything. */
  readonly pattern: string;
  /** Methods; "any": also ones that nobody knows. */
  readonly methods: readonly string[] | "any";
  readonly handle: Handler;
}

/** One root path with everything below it. */
export interface Service {
  /** Name in metrics and logs; bounded by the table. */
  readonly name: string;
  /** "/x" alone, or "/x/": the tree below, where "/x" is sent to "/x/". */
  readonly root: string;
  /** Only the root itself is known; anything below is a 404 before authentication. False: everything below belongs to it. */
  readonly exact: boolean;
  /** Subresources of the node to ask for; the first that is allowed wins. */
  readonly subresources: readonly string[];
  readonly routes: readonly Route[];
}

/** All services. */
export type RouteTable = readonly Service[];
