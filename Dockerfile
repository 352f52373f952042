# One image for the data worker, the GPU worker, the web service and the offline teacher: what a container
# runs is its command (see docker-compose.yml). TensorFlow here is the CPU library.

FROM node:24-bookworm@sha256:3a09aa6354567619221ef6c45a5051b671f953f0a1924d1f819ffb236e520e6b AS build
# node:24-bookworm has g++ and Python; pip brings the TensorFlow wheel.
RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*
ENV ALPACA_CACHE=/opt/alpaca-cache
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
COPY clients/typescript/package.json clients/typescript/
RUN npm ci --omit=dev
COPY bin bin
COPY workers/setup workers/setup
RUN node bin/alpaca.mjs setup tensorflow
COPY . .

FROM node:24-bookworm-slim@sha256:e8e2e91b1378f83c5b2dd15f0247f34110e2fe895f6ca7719dbb780f929368eb
ENV NODE_ENV=production \
    ALPACA_CACHE=/opt/alpaca-cache \
    ALPACA_STATE=/data \
    ALPACA_STORE=/data/store \
    TF_CPP_MIN_LOG_LEVEL=2
COPY --from=build /opt/alpaca-cache /opt/alpaca-cache
COPY --from=build /app /app
# A named volume takes its owner from here.
RUN mkdir --parents /data/store && chown --recursive node:node /data
WORKDIR /app
USER node
VOLUME /data
ENV MALLOC_ARENA_MAX=2
CMD ["node", "--max-semi-space-size=4", "workers/data-worker.ts"]
