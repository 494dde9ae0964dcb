# Run it with secrets, since a container has no dev mode, and with a volume for the data:
#
#   docker run -p 8000:8000 -v bellwire:/data \
#     -e BELLWIRE_JWT_SECRET=… -e BELLWIRE_API_KEYS=ci:… bellwire
FROM denoland/deno:2.9.6

# `container` tells the service where it runs; dev mode is refused then.
ENV container=docker \
    DENO_NO_PROMPT=1 \
    DENO_NO_UPDATE_CHECK=1 \
    HOST=0.0.0.0 \
    PORT=8000 \
    BELLWIRE_KV=/data/bellwire.db

WORKDIR /app
COPY . .
RUN deno cache --frozen main.ts src/cli/health.ts src/cli/restored.ts src/cli/vacuum.ts \
 && mkdir /data \
 && chown -R deno:deno /data "$DENO_DIR"

USER deno
VOLUME /data
EXPOSE 8000

# The permissions are the set `service` of deno.json. Deno calls such sets experimental and warns
# about them on standard error; `--quiet` keeps that out of the log.
HEALTHCHECK --interval=15s --timeout=5s --start-period=10s --retries=3 \
  CMD deno run --quiet --cached-only --permission-set=service src/cli/health.ts || exit 1

# Stopping takes up to 25 s unless configured otherwise. Use `docker stop -t 35`: the default
# timeout is 10 s.
STOPSIGNAL SIGTERM
CMD ["deno", "run", "--quiet", "--v8-flags=--max-semi-space-size=8,--heap-growing-percent=50", "--cached-only", "--permission-set=service", "main.ts"]
