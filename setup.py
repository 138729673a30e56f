"""Build of ``sqlactive_c._core``; the rest is in pyproject.toml.

Environment:
    SAC_WERROR=1: the project's warning flags, as errors.
    SAC_SANITIZE=1: an AddressSanitizer and UndefinedBehaviorSanitizer build,
        asserts on.
"""

import os
import platform
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from glob import glob
from zlib import crc32

from setuptools import Extension, setup
from setuptools.command.build import build
from setuptools.command.build_ext import build_ext

WERROR = os.environ.get("SAC_WERROR") == "1"
SANITIZE = os.environ.get("SAC_SANITIZE") == "1"

WARNINGS = """
    -Wall -Wextra -Wshadow -Wconversion -Wsign-conversion -Wcast-qual
    -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition -Wundef
    -Wvla -Wwrite-strings -Wpointer-arith -Wformat=2 -Wswitch-enum -Werror
""".split()
# Python's own flags have -fwrapv, which would silence signed overflow.
SANITIZERS = """
    -fno-wrapv -fsanitize=address,undefined -fno-sanitize-recover=undefined
    -O1 -g -fno-omit-frame-pointer -UNDEBUG -DSAC_SANITIZE
""".split()

HEADERS = [
    ("Python.h", "python3-dev", "the headers of Python"),
    ("sqlite3.h", "libsqlite3-dev", "the headers of SQLite"),
]


def compile_args():
    args = ["-std=c11", "-fvisibility=hidden", "-O2", "-D_GNU_SOURCE"]
    if WERROR:
        args += WARNINGS
    if SANITIZE:
        args += SANITIZERS
    return args


def build_folder():
    """A folder for each Python and each set of flags."""
    flags = crc32(" ".join([*compile_args(), sys.base_prefix]).encode())
    return f"build/ext/{platform.python_version()}-{flags:08x}"


class Build(build):
    """Builds in its own folder, and afresh but for the objects."""

    def initialize_options(self):
        super().initialize_options()
        self.build_base = build_folder()

    def run(self):
        # A module that was deleted must not live on in the next wheel.
        shutil.rmtree(self.build_lib, ignore_errors=True)
        super().run()


class BuildExt(build_ext):
    """Says what is missing, and compiles stale objects only, in parallel."""

    def finalize_options(self):
        super().finalize_options()
        # Kept, also where an editable install has a temporary folder.
        self.build_temp = os.path.join(build_folder(), "objects")

    def build_extensions(self):
        self.look_for_headers()
        self.compile_all = self.compiler.compile
        self.compiler.compile = self.compile_stale
        super().build_extensions()

    def look_for_headers(self):
        compiler = self.compiler.compiler_so
        includes = ["-I" + path for path in self.compiler.include_dirs]
        if shutil.which(compiler[0]) is None:
            sys.exit(
                f"error: there is no C compiler ({compiler[0]}). "
                "On Debian and Ubuntu: apt-get install build-essential"
            )
        for header, package, what in HEADERS:
            probe = [
                *compiler,
                *includes,
                "-E",
                "-include",
                header,
                "-xc",
                os.devnull,
            ]
            if subprocess.run(probe, capture_output=True).returncode != 0:
                sys.exit(
                    f"error: {header} was not found; the build needs {what}. "
                    f"On Debian and Ubuntu: apt-get install {package}"
                )

    def compile_stale(self, sources, output_dir=None, depends=None, **options):
        """The compiler's own compile(), with a thread for each core."""
        newest = max(map(os.path.getmtime, depends or [__file__]))

        def compile_one(source):
            [target] = self.compiler.object_filenames(
                [source], output_dir=output_dir
            )
            os.makedirs(os.path.dirname(target), exist_ok=True)
            inputs = max(newest, os.path.getmtime(source))
            if (
                self.force
                or not os.path.exists(target)
                or os.path.getmtime(target) <= inputs
            ):
                self.compile_all([source], output_dir=output_dir, **options)
            return target

        with ThreadPoolExecutor(os.cpu_count()) as threads:
            return list(threads.map(compile_one, sources))


core = Extension(
    "sqlactive_c._core",
    sources=sorted(glob("src/**/*.c", recursive=True)),
    depends=["setup.py", *sorted(glob("src/**/*.h", recursive=True))],
    include_dirs=["src"],
    libraries=["sqlite3", "pthread"],
    extra_compile_args=compile_args(),
    extra_link_args=["-fsanitize=address,undefined"] if SANITIZE else [],
)

setup(ext_modules=[core], cmdclass={"build": Build, "build_ext": BuildExt})
