# One image for the data worker, the GPU worker, the web service and the offline teacher: what a container runs is its
# command (see docker-compose.yml). Target `cpu` has TensorFlow's CPU library; target `cuda` has the one for NVIDIA's
# GPUs, with CUDA from NVIDIA's wheels: of the host it needs the driver, which the NVIDIA container toolkit passes in.

FROM node:24-bookworm@sha256:3a09aa6354567619221ef6c45a5051b671f953f0a1924d1f819ffb236e520e6b AS packages
# node:24-bookworm has g++ and Python; pip brings the TensorFlow wheel.
RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*
ENV ALPACA_CACHE=/opt/alpaca-cache
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY clients/typescript/package.json clients/typescript/
RUN npm ci --omit=dev
COPY bin bin
COPY workers/setup workers/setup

FROM packages AS built-cpu
RUN ALPACA_TENSORFLOW=cpu node bin/alpaca.mjs setup tensorflow
COPY . .
# The bundle of the workflows is kept: a container starts with it.
RUN node --input-type=module --eval "await (await import('/app/workers/workflow-bundle.ts')).bundleWorkflows()"

FROM packages AS built-cuda
# Set-up takes the CPU library where it cannot have the other: here that is a failure.
RUN ALPACA_TENSORFLOW=gpu node bin/alpaca.mjs setup tensorflow && ls -d /opt/alpaca-cache/tensorflow-*-gpu-*
COPY . .

FROM node:24-bookworm-slim@sha256:e8e2e91b1378f83c5b2dd15f0247f34110e2fe895f6ca7719dbb780f929368eb AS program
ENV NODE_ENV=production \
    ALPACA_CACHE=/opt/alpaca-cache \
    ALPACA_STATE=/data \
    ALPACA_STORE=/data/store \
    ALPACA_STORE_CACHE=/data/cache \
    TMPDIR=/data/tmp \
    MALLOC_ARENA_MAX=2 \
    TF_CPP_MIN_LOG_LEVEL=2
# A named volume takes its owner from here.
RUN mkdir --parents /data/store /data/cache /data/tmp && chown --recursive node:node /data
WORKDIR /app
USER node
VOLUME /data
CMD ["node", "--max-semi-space-size=4", "workers/data-worker.ts"]

FROM program AS cuda
ENV NVIDIA_VISIBLE_DEVICES=all NVIDIA_DRIVER_CAPABILITIES=compute,utility
COPY --from=built-cuda /opt/alpaca-cache /opt/alpaca-cache
COPY --from=built-cuda /app /app

# The last stage is what is built where no target is named.
FROM program AS cpu
COPY --from=built-cpu /opt/alpaca-cache /opt/alpaca-cache
COPY --from=built-cpu /app /app
