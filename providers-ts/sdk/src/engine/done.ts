/** How one action of a pass went. */
export type Done =
  | { readonly kind: "changed" }
  | { readonly kind: "unchanged" }
  | { readonly kind: "retry"; readonly at: number };

/** When something that failed is tried again. */
export const RETRY_MS = 10_000;
