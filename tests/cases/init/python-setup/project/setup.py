"""setup(name="not this")"""
from setuptools import Extension, setup

NAME = 'fastsum'  # the name

kernels = Extension(
    "fastsum._kernels",
    sources=["src/kernels.pyx", 'src/sum.cpp'],
    language="c++",
    extra_compile_args=["-O2", "-fopenmp"],
    libraries=["openblas", "m"],
)

setup(name=NAME, version="0.3", ext_modules=[kernels])
