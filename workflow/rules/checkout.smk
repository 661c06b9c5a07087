"""Where the project lies, of which a git host gives one file at a time."""

import io
import shutil
import tarfile
import tempfile
from contextlib import suppress
from pathlib import Path


def find_checkout(base):
    """Find the checkout whose folder `workflow` is given; of a git host it is unpacked, once per commit.

    Rules read more than the file at hand: the package, and what scripts and pages are made of.
    """
    if hasattr(base, "abspath"):
        return Path(str(base)).parent
    import git  # comes with Snakemake

    repository = base.hosted_repo.repo if hasattr(base, "hosted_repo") else git.Repo(base.repo_path)
    commit = repository.commit(base.ref).hexsha
    folder = Path(".snakemake", "landshift", commit).absolute()
    if not folder.is_dir():
        packed = io.BytesIO()
        repository.archive(packed, commit)
        packed.seek(0)
        folder.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(dir=folder.parent))
        try:
            with tarfile.open(fileobj=packed) as archive:
                archive.extractall(partial, filter="data")
            with suppress(OSError):  # another run was faster
                partial.rename(folder)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return folder
