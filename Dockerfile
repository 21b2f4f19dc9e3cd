# An image of nothing but the static binary.
#
#   docker build -t dmon .
#   docker run -d --name dmon --restart unless-stopped --group-add "$(stat -c %g /var/run/docker.sock)" --env-file dmon.env \
#     -v /var/run/docker.sock:/var/run/docker.sock -v dmon-state:/var/lib/dmon dmon

FROM rust:1-alpine AS build
RUN apk add --no-cache gcc musl-dev
WORKDIR /src
COPY . .
# The target is named although it is the machine's own: only so do the flags of .cargo/config.toml
# stay away from build scripts and procedural macros.
RUN target="$(rustc -vV | sed -n 's/^host: //p')" \
 && cargo build --release --locked --target "$target" \
 && mkdir -p /out/var/lib/dmon \
 && cp "target/$target/release/dmon" /out/dmon

FROM scratch
COPY --from=build /out/dmon /dmon
COPY --from=build --chown=65532:65532 /out/var/lib/dmon /var/lib/dmon
# Not root. The Docker socket belongs to a group of the host, whose number only the host knows:
# it comes by --group-add, as above.
USER 65532:65532
ENV STATE_DIR=/var/lib/dmon
VOLUME /var/lib/dmon
# Whether dmon sees the Engine; Slack does not matter here.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["/dmon", "health"]
ENTRYPOINT ["/dmon"]
CMD ["watch"]
