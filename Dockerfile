# The tank as an image: one static program, a place for its files, and nothing else; not run as root.
# `cargo xtask image` builds the program, lays it beside an empty `tmp` in a folder of its own, and builds this from there:
# so no image with a compiler is needed.
FROM scratch
COPY wavetank /wavetank
# The only place that the tank writes to.
COPY --chown=65532:65532 tmp /tmp
USER 65532:65532
EXPOSE 4566
HEALTHCHECK --interval=5s --timeout=3s --retries=6 CMD ["/wavetank", "status"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/wavetank"]
# Publish it to loopback, `-p 127.0.0.1:4566:4566`, and it is this machine's alone.
CMD ["serve", "--listen", "0.0.0.0", "--host", "wavetank"]
