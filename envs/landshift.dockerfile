FROM condaforge/miniforge3:latest
LABEL io.github.snakemake.containerized="true"
LABEL io.github.snakemake.conda_env_hash="c12658c40ed0afc4cc47432e6bc13f4f029c69cc67da444b12fed426b699a59a"
# Conda environment:
#   source: envs/landshift.yaml
#   prefix: /conda-envs/68c16a80b1aa35512e8f4c95a381b19a
#   # The environment for conda users: the same versions as requirements.lock has for Python 3.11.
#   #   conda env create -f envs/landshift.yaml && conda activate landshift
#   #   pip install --no-deps .
#   name: landshift
#   channels:
#     - conda-forge
#     - bioconda
#     - nodefaults
#   dependencies:
#     - python =3.11
#     - pip
#     - affine =3.0.1
#     - cryptography =50.0.2
#     - dask-core =2026.8.0
#     - dask-jobqueue =0.9.0
#     - distributed =2026.8.0
#     - geopandas =1.2.0
#     - jinja2 =3.1.6
#     - joblib =1.6.0
#     - lightgbm =4.7.0
#     - llvmlite =0.50.0
#     - markdown-it-py =4.3.0
#     - markupsafe =3.0.4
#     - matplotlib-base =3.11.2
#     - numba =0.68.1
#     - numpy =2.4.6
#     - odc-geo =0.5.3
#     - odc-stac =0.5.3
#     - pandas =3.1.1
#     - py-xgboost-cpu =3.2.0
#     - pyarrow =26.0.1
#     - pydantic =2.14.3
#     - pyogrio =0.13.0
#     - pyproj =3.7.2
#     - pystac =1.15.2
#     - pystac-client =0.9.1
#     - pyyaml =6.0.3
#     - rasterio =1.4.4
#     - rdata =1.1.0
#     - requests =2.34.2
#     - rioxarray =0.19.0
#     - scikit-learn =1.9.1
#     - scipy =1.17.1
#     - shap =0.51.0
#     - shapely =2.2.0
#     - snakemake-executor-plugin-slurm =2.8.0
#     - snakemake-minimal =9.27.1
#     - threadpoolctl =3.8.0
#     - urllib3 =2.8.0
#     - xarray =2026.9.0
RUN mkdir -p /conda-envs/68c16a80b1aa35512e8f4c95a381b19a
COPY envs/landshift.yaml /conda-envs/68c16a80b1aa35512e8f4c95a381b19a/environment.yaml

RUN conda env create --prefix /conda-envs/68c16a80b1aa35512e8f4c95a381b19a --file /conda-envs/68c16a80b1aa35512e8f4c95a381b19a/environment.yaml && \
    conda clean --all -y
