/**
 * Old login plugins of a kubeconfig (oidc, azure, gcp) are client-node's business. It is loaded here only, and only for a
 * user that has one: it costs a third of a second and 80 MiB.
 */

/** Value of the Authorization header; undefined: the plugin has none to give. */
export async function runLoginPlugin(kubeconfig: string, context: string | undefined): Promise<string | undefined> {
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  if (context !== undefined) config.setCurrentContext(context);
  const options: { headers?: Record<string, unknown> } = {};
  await config.applyToHTTPSOptions(options as Parameters<typeof config.applyToHTTPSOptions>[0]);
  const value = options.headers?.["Authorization"];
  return typeof value === "string" ? value : undefined;
}
