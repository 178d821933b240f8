# One image for every part; docker-compose.yml says which command each part runs.
FROM python:3.13-slim AS build
WORKDIR /build
COPY requirements.txt .
RUN python -m venv /opt/firebreak/venv \
 && /opt/firebreak/venv/bin/pip install --no-cache-dir --require-hashes -r requirements.txt

FROM python:3.13-slim
# util-linux brings setpriv: a step's command dies with the worker that started it. curl is what most plans' steps use.
RUN apt-get update \
 && apt-get install -y --no-install-recommends util-linux curl git \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --uid 10001 --home-dir /var/lib/firebreak --create-home firebreak
COPY --from=build /opt/firebreak/venv /opt/firebreak/venv
WORKDIR /opt/firebreak/app
COPY . .
ENV PATH=/opt/firebreak/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    FIREBREAK_PRODUCTION=1 \
    FIREBREAK_PRACTICE=0 \
    FIREBREAK_DATA=/var/lib/firebreak
# The static files go into the image, so that every container serves the same ones; the key is of no use afterwards.
RUN FIREBREAK_SECRET_KEY=only-to-collect-static FIREBREAK_DATA=/opt/firebreak python manage.py collectstatic --no-input \
 && ln -s /opt/firebreak/staticfiles /var/lib/firebreak/staticfiles
USER firebreak
EXPOSE 8000
CMD ["python", "-m", "uvicorn", "config.server:app", "--host", "0.0.0.0", "--port", "8000", "--timeout-graceful-shutdown", "3"]
