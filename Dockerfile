FROM python:3.13-slim AS build
WORKDIR /src
RUN python -m venv /opt/liveshop
COPY requirements.lock ./
RUN /opt/liveshop/bin/pip install --no-cache-dir --require-hashes -r requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY liveshop liveshop
RUN /opt/liveshop/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.13-slim
COPY --from=build /opt/liveshop /opt/liveshop
RUN useradd --system --no-create-home liveshop
USER liveshop
ENV PATH=/opt/liveshop/bin:$PATH LIVESHOP_HOST=0.0.0.0
EXPOSE 8000
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["python", "-c", \
    "import os, urllib.request as r; r.urlopen(f'http://127.0.0.1:{os.environ.get(\"LIVESHOP_PORT\", 8000)}/healthz', timeout=2)"]
STOPSIGNAL SIGTERM
CMD ["liveshop", "serve"]
