FROM condaforge/miniforge3:latest
LABEL io.github.snakemake.containerized="true"
LABEL io.github.snakemake.conda_env_hash="c349a4f30ee26fea51f246bc24e3274a1d45eba41e47422f1a2b1205ae4a9210"
# Conda environment:
#   source: envs/landshift.yaml
#   prefix: /conda-envs/c22e25d0ac98487423de01f77f4c9e0e
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
#     - jsonschema =4.26.0
#     - lightgbm =4.7.0
#     - llvmlite =0.50.0
#     - markdown-it-py =4.3.0
#     - matplotlib-base =3.11.2
#     - numba =0.68.1
#     - numpy =2.4.6
#     - odc-geo =0.5.3
#     - odc-stac =0.5.3
#     - pandas =3.1.1
#     - py-xgboost-cpu =3.2.0
#     - pyarrow =26.0.1
#     - pyogrio =0.13.0
#     - pyproj =3.7.2
#     - pystac-client =0.9.1
#     - pyyaml =6.0.3
#     - rasterio =1.4.4
#     - requests =2.34.2
#     - rio-cogeo =7.0.4
#     - rioxarray =0.19.0
#     - scikit-learn =1.9.1
#     - scipy =1.17.1
#     - shap =0.51.0
#     - shapely =2.2.0
#     - snakemake-executor-plugin-slurm =2.8.0
#     - snakemake-minimal =9.27.1
#     - tenacity =9.2.1
#     - threadpoolctl =3.8.0
#     - xarray =2026.9.0
RUN mkdir -p /conda-envs/c22e25d0ac98487423de01f77f4c9e0e
COPY envs/landshift.yaml /conda-envs/c22e25d0ac98487423de01f77f4c9e0e/environment.yaml

RUN conda env create --prefix /conda-envs/c22e25d0ac98487423de01f77f4c9e0e --file /conda-envs/c22e25d0ac98487423de01f77f4c9e0e/environment.yaml && \
    conda clean --all -y
