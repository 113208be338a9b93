# One image for every command of the service: serve, migrate, keys, and what comes later.
#
#   docker build -t answerable .
#   docker run --rm -v answerable:/data answerable migrate
#   docker run -d -v answerable:/data -p 8000:8000 answerable

FROM python:3.13-slim AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/venv
WORKDIR /opt/answerable
COPY requirements.txt ./
RUN /opt/venv/bin/pip install --require-hashes --requirement requirements.txt
COPY pyproject.toml README.md LICENSE alembic.ini ./
COPY migrations ./migrations
COPY app ./app
RUN /opt/venv/bin/pip install --no-deps --no-build-isolation --editable . \
    && /opt/venv/bin/python -m compileall -q app migrations

FROM python:3.13-slim
RUN useradd --system --uid 10001 --no-create-home --home-dir /nonexistent answerable \
    && install -d -o answerable -g answerable -m 0700 /data
COPY --from=build /opt/venv /opt/venv
COPY --from=build /opt/answerable /opt/answerable
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    ANSWERABLE_DATABASE_URL=sqlite:////data/answerable.db \
    ANSWERABLE_HOST=0.0.0.0
USER answerable
WORKDIR /data
VOLUME /data
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=10s --start-period=20s CMD ["answerable", "health"]
ENTRYPOINT ["answerable"]
CMD ["serve"]
