/** The docker provider, for those who embed it: a ContainerRuntime over the Docker Engine API. */
export { DockerRuntime, type DockerRuntimeOptions } from "./runtime/docker-runtime.js";
