import type { Environment } from "./variables.ts";

/** Facts about the process that defaults of the configuration depend on. */
export interface Facts {
  /** Standard output is a terminal. */
  readonly terminal: boolean;
  /** The process is the service of a container, where no caller reaches loopback. */
  readonly container: boolean;
  /** The process runs on Deno Deploy. */
  readonly deploy: boolean;
  /** Processors that the process may use. */
  readonly cores: number;
}

/** Variables that {@link detectFacts} reads. */
export const FACT_VARIABLES = ["container", "KUBERNETES_SERVICE_HOST", "DENO_DEPLOYMENT_ID"];

/**
 * Detects the facts. The process is in a container if the variable `container` is set (by Podman, systemd
 * or our Dockerfile), if it is in a Kubernetes pod, or if it is process 1. A developer's machine that is a
 * container as a whole does not count.
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
