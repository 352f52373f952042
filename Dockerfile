# One image for the data worker, the GPU worker, the web service and the offline teacher: what a container
# runs is its command (see docker-compose.yml). TensorFlow here is the CPU library.

FROM node:24-bookworm AS build
# node:24-bookworm has g++ and Python; pip brings the TensorFlow wheel.
RUN apt-get update && apt-get install --yes --no-install-recommends python3-pip && rm -rf /var/lib/apt/lists/*
ENV ALPACA_CACHE=/opt/alpaca-cache
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev
COPY bin bin
COPY workers/setup workers/setup
RUN node bin/alpaca.mjs setup tensorflow
COPY . .

FROM node:24-bookworm-slim
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
