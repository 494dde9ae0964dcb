import type { Environment } from "./variables.ts";

/** What the configuration depends on besides the environment. */
export interface Facts {
  /** Standard output is a terminal. */
  readonly terminal: boolean;
  /** It runs as the service of a container, where loopback would reach nobody. */
  readonly container: boolean;
  /** It runs on Deno Deploy. */
  readonly deploy: boolean;
  /** Processors that the process may use. */
  readonly cores: number;
}

/** What `facts` looks at besides the configuration's variables. */
export const FACT_VARIABLES = ["container", "KUBERNETES_SERVICE_HOST", "DENO_DEPLOYMENT_ID"];

/**
 * Finds the facts. A container is one that says so, in the variable `container` (which Podman and
 * systemd set, and our Dockerfile) or by being a pod, or in which the service is process 1. That the
 * machine as a whole is a container, as a developer's often is, does not count.
 */
export function detectFacts(
  { env, pid, terminal, cores }: {
    env: Environment;
    pid: number;
    terminal: boolean;
    cores: number;
  },
): Facts {
  return {
    terminal,
    container: Boolean(env["container"] || env["KUBERNETES_SERVICE_HOST"]) || pid === 1,
    deploy: Boolean(env["DENO_DEPLOYMENT_ID"]),
    cores,
  };
}
