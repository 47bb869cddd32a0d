# The image of the operator and the presence server, for machines that can pull base images.
# test/cluster/app-image.ts makes the same image from Debian packages where no registry answers: it reads the settings and
# labels of the last stage here. release/pin-images.ts writes the digests of the bases.
FROM node:26-bookworm-slim AS build
WORKDIR /src
COPY package.json package-lock.json ./
# The bundles are built below, from sources that are copied after this layer.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json ./
COPY src/ src/
RUN npm run build

FROM debian:bookworm-slim
RUN apt-get update \
  && apt-get install --yes --no-install-recommends libatomic1 libstdc++6 \
  && rm -rf /var/lib/apt/lists/*
COPY --from=build /usr/local/bin/node /usr/local/bin/node
COPY --from=build /usr/local/LICENSE /licenses/node/LICENSE
COPY LICENSE /licenses/LICENSE
COPY --from=build /src/dist/THIRD-PARTY-NOTICES.txt /licenses/
# Source maps stay outside: docs/how-to/read-a-stack-trace.md.
COPY --from=build /src/dist/*.js /app/
RUN echo '{"type":"module"}' >/app/package.json
ENV NODE_ENV=production
USER 65532:65532
WORKDIR /app
ENTRYPOINT ["/usr/local/bin/node"]
CMD ["/app/operator.js"]
# Values: docker build $(node release/image-arguments.ts) .
ARG VERSION=0.1.0
ARG REVISION=
ARG CREATED=
ARG SOURCE=
LABEL org.opencontainers.image.title="presence-operator" \
  org.opencontainers.image.description="Kubernetes operator and autoscaler for live wedding-crew presence on Redis Cluster" \
  org.opencontainers.image.licenses="Apache-2.0" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION" \
  org.opencontainers.image.created="$CREATED" \
  org.opencontainers.image.source="$SOURCE"
