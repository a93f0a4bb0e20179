ARG DEBIAN_IMAGE=debian:bookworm-slim
FROM ${DEBIAN_IMAGE}
RUN apt-get update && apt-get install -y --no-install-recommends dcmtk && rm -rf /var/lib/apt/lists/* \
    && install -d -o nobody -g nogroup /var/lib/dcmqrscp
USER nobody
ENV TCP_NODELAY=1
CMD ["dcmqrscp", "--log-level", "warn", "-c", "/etc/dcmqrscp.cfg"]
