# The node of production; `--target load` is the same with the load generator.
ARG PYTHON_IMAGE=python:3.13.9-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /src
RUN python -m venv --without-pip /opt/liveshop
COPY requirements-runtime.lock requirements-build.lock ./
RUN pip --python /opt/liveshop/bin/python install --no-cache-dir --require-hashes \
        -r requirements-runtime.lock \
    && pip install --no-cache-dir --require-hashes -r requirements-build.lock
COPY pyproject.toml README.md LICENSE ./
COPY liveshop liveshop
RUN pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /wheels . \
    && pip --python /opt/liveshop/bin/python install --no-cache-dir --no-deps /wheels/*.whl \
    && mkdir /media

FROM build AS build-load
COPY requirements.lock ./
RUN pip --python /opt/liveshop/bin/python install --no-cache-dir --require-hashes \
        -r requirements.lock

FROM ${PYTHON_IMAGE} AS load
COPY --from=build-load /opt/liveshop /opt/liveshop
WORKDIR /load
COPY loadtests loadtests
USER 10001:10001
ENV PATH=/opt/liveshop/bin:$PATH PYTHONDONTWRITEBYTECODE=1
EXPOSE 8089
CMD ["locust", "-f", "loadtests/locustfile.py"]

FROM ${PYTHON_IMAGE} AS node
COPY --from=build /opt/liveshop /opt/liveshop
# A number, so that an orchestrator can see that it is not root. Nothing is written but
# uploaded pictures: the root file system may be read-only, with a volume of all nodes at /media, or
# with S3, and with a /tmp in memory where there are several --workers.
COPY --from=build --chown=10001:10001 /media /media
USER 10001:10001
ENV PATH=/opt/liveshop/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    LIVESHOP_HOST=0.0.0.0 \
    LIVESHOP_MEDIA_FOLDER=/media \
    LIVESHOP_LOG_FORMAT=json
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --retries=3 CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"LIVESHOP_PORT\", 8000)}/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
CMD ["liveshop", "serve"]
