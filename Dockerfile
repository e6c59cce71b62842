# The server as a container. It needs the host's container engine for labs: see
# compose.yaml for how, and for what that means.
FROM debian:trixie-slim AS build
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates git golang-go \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY go.mod go.sum ./
RUN GOTOOLCHAIN=auto go mod download
COPY . .
ARG VERSION=container
RUN GOTOOLCHAIN=auto CGO_ENABLED=0 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /out/ ./cmd/pattarai ./cmd/pattarai-agent

FROM debian:trixie-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/*
COPY --from=build /out/ /usr/local/bin/
ENV PATTARAI_DATA=/data
VOLUME /data
EXPOSE 8080
ENTRYPOINT ["pattarai"]
CMD ["serve", "--prepare", "--addr", "0.0.0.0:8080"]
