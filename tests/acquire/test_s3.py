"""Layers from a bucket of an S3 server; `make test-acquire` brings the server along."""

import os
import socket
import subprocess
import time

import numpy as np
import pytest
import requests

from landshift.acquire.fetch.store import Store
from landshift.acquire.layer import Layer
from landshift.acquire.layers.rasters import acquire_layer

SERVER = os.environ.get("LANDSHIFT_S3_SERVER")

PUBLIC = {"x-amz-acl": "public-read"}

pytestmark = pytest.mark.skipif(not SERVER, reason="run by make test-acquire")


@pytest.fixture
def bucket(served, tmp_path):
    """Address of a public bucket with the services' files."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [SERVER, "-H", "127.0.0.1", "-p", str(port)]
    with (
        (tmp_path / "server.log").open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            address = f"http://127.0.0.1:{port}/mirror"
            for _ in range(300):
                try:
                    requests.put(address, timeout=5)
                    break
                except requests.ConnectionError:
                    time.sleep(0.1)
            for path in served.rglob("*.tif"):
                reply = requests.put(
                    f"{address}/{path.relative_to(served)}",
                    data=path.read_bytes(),
                    headers=PUBLIC,
                    timeout=5,
                )
                assert reply.status_code == 200
            yield address
        finally:
            process.terminate()


def test_a_bucket_is_a_mirror(bucket, served, grid, tmp_path):
    for name, recipe in {"dem": "copernicus_dem", "land_cover": "esa_worldcover"}.items():
        layers = [
            acquire_layer(
                name, Layer.parse({"recipe": recipe}), grid, Store(tmp_path / place, mirror)
            )
            for place, mirror in {"bucket": bucket, "folder": str(served)}.items()
        ]
        assert layers[0].data.identical(layers[1].data)
        assert "etag" in layers[0].sources[0] and np.isfinite(layers[0].data).all()
