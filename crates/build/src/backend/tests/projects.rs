//! A C library and a test that checks its own flags, by each build system.

use super::*;

const LIBRARY: (&str, &str) = ("library.c", include_str!("library.c"));
const CHECK: (&str, &str) = ("check.c", include_str!("check.c"));

const TEXT: &str = "two words, $5 it's ü";

/// Builds and tests every variant of a project in a hard place. The source is as
/// it was; `each` sees what is in a build directory.
fn build_all(
    backend: Backend,
    name: &str,
    text: &str,
    files: &[(&str, &str)],
    each: impl Fn(&Path, &str),
) {
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join(name);
    let source = directory.join("source");
    write(&source, files);
    #[cfg(unix)]
    if let Some(script) = Some(source.join("configure")).filter(|path| path.is_file()) {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(script, fs::Permissions::from_mode(0o755)).unwrap();
    }
    let before = tree(&source);
    assert_eq!(detect(&source).unwrap(), backend);
    let said = format!(
        "{}run_env = {{ EXPECTED_GREETING = '''{text}''' }}\n",
        greeting(text)
    );
    let expansion = expansion(&said);
    assert_eq!(expansion.variants.len(), 4);
    for (at, variant) in expansion.variants.iter().enumerate() {
        let mut layout = layout(&directory, &source, &variant.name);
        if backend.in_place(&source) {
            layout.source = directory.join("copies").join(&variant.name);
            copy_tree(&source, &layout.source, &[]).unwrap();
        }
        let jobs = if at % 2 == 0 { two() } else { Jobs::Shared };
        layout.install = Some(directory.join("install").join(&variant.name));
        let steps = backend.prepare(variant, &layout, jobs).unwrap();
        let printed = run(variant, &steps).unwrap_or_else(|error| panic!("{error}"));
        let passed = format!("{} is what it says", variant.name);
        let shows_tests = !matches!(backend, Backend::Cmake | Backend::Meson);
        let shows_tests = shows_tests && !source.join("Makefile.am").is_file();
        assert!(!shows_tests || printed.contains(&passed), "{printed}");
        each(&layout.build, &printed);
        // Once more, over what is there, as after an interruption.
        let again = backend.prepare(variant, &layout, jobs).unwrap();
        run(variant, &again).unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(tree(&source) == before, "the source is as it was");
}

#[test]
fn backend_builds_with_cmake() {
    if !have(&["cmake", "make", "gcc", "clang-14"]) {
        return;
    }
    let lists = "cmake_minimum_required(VERSION 3.20)\nproject(small C)\nenable_testing()\n\
        add_library(small SHARED library.c)\nadd_executable(check check.c)\n\
        target_link_libraries(check small)\nadd_test(NAME check COMMAND check)\n\
        install(TARGETS small check)\n";
    let files = [LIBRARY, CHECK, ("CMakeLists.txt", lists)];
    build_all(
        Backend::Cmake,
        "sp ace it's ü",
        TEXT,
        &files,
        |_, printed| {
            assert!(printed.contains("100% tests passed"), "{printed}");
            assert!(printed.contains("Installing: "), "{printed}");
        },
    );
}

#[test]
fn backend_builds_with_meson() {
    if !have(&["meson", "ninja", "gcc", "clang-14"]) {
        return;
    }
    let file = "project('small', 'c', default_options: ['b_lto=true', 'buildtype=release'])\n\
        small = shared_library('small', 'library.c', install: true)\n\
        test('check', executable('check', 'check.c', link_with: small))\n";
    let files = [LIBRARY, CHECK, ("meson.build", file)];
    build_all(Backend::Meson, HARD_NAME, TEXT, &files, |_, printed| {
        assert!(printed.contains("Ok:                 1"), "{printed}");
    });
}

#[test]
fn backend_builds_with_make() {
    if !have(&["make", "gcc", "clang-14"]) {
        return;
    }
    let file = "CC = gcc\nCFLAGS = -O2 -Wall\nCFLAGS += -fPIC\n.PHONY: all test install\nall: check\n\
        libsmall.so: library.o\n\t$(CC) $(LDFLAGS) -shared -o $@ $< $(LDLIBS)\n\
        check: check.o libsmall.so\n\t$(CC) $(LDFLAGS) -o $@ check.o -L. -lsmall -Wl,-rpath,. $(LDLIBS)\n\
        test: all\n\t./check\n\
        install: all\n\tmkdir -p \"$$PREFIX/lib\"\n\tcp libsmall.so \"$$PREFIX/lib\"\n";
    let files = [LIBRARY, CHECK, ("Makefile", file)];
    build_all(Backend::Make, HARD_NAME, TEXT, &files, |build, _| {
        let installed = build.parent().unwrap().parent().unwrap().join("install");
        let library = installed
            .join(build.file_name().unwrap())
            .join("lib/libsmall.so");
        assert!(library.is_file(), "{}", library.display());
    });
}

#[test]
fn backend_builds_with_cargo() {
    if !have(&["cargo", "gcc", "clang-14"]) {
        return;
    }
    let manifest = "[package]\nname = \"small\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\
        build = \"build.rs\"\n[build-dependencies]\ncc = \"1\"\n[workspace]\n";
    let script = "fn main() { cc::Build::new().file(\"library.c\").compile(\"library\"); }\n";
    let library = "use std::ffi::{c_char, c_int, CStr};\n\
        extern \"C\" { fn is_release() -> c_int; fn is_clang() -> c_int; fn greeting() -> *const c_char; }\n\
        #[test]\nfn flags() {\n\
            let variant = std::env::var(\"CFGMATRIX_VARIANT\").unwrap();\n\
            let expected = std::env::var(\"EXPECTED_GREETING\").unwrap();\n\
            let (release, clang, greeting) = unsafe { (is_release(), is_clang(), CStr::from_ptr(greeting())) };\n\
            assert_eq!(release == 1, variant.contains(\"release\"));\n\
            assert_ne!(release, 2);\n\
            assert_eq!(cfg!(debug_assertions), release == 0);\n\
            assert_eq!(clang == 1, variant.contains(\"clang\"));\n\
            assert_eq!(greeting.to_str().unwrap(), expected);\n\
            println!(\"{variant} is what it says\");\n\
        }\n";
    // What the test prints shows only on request.
    let config = "[alias]\n";
    let files = [
        LIBRARY,
        ("Cargo.toml", manifest),
        ("build.rs", script),
        ("src/lib.rs", library),
        (".cargo/config.toml", config),
    ];
    let place = tempfile::tempdir().unwrap();
    let directory = place.path().join(HARD_NAME);
    let source = directory.join("source");
    write(&source, &files);
    let before = tree(&source);
    assert!(Backend::Cargo.in_place(&source));
    let said = format!(
        "{}run_env = {{ EXPECTED_GREETING = '''{TEXT}''' }}\n",
        greeting(TEXT)
    );
    // Each builds the crate `cc` anew: the extremes are enough.
    let expansion = expansion(&said);
    for at in [0, 3] {
        let variant = &expansion.variants[at];
        let mut layout = layout(&directory, &source, &variant.name);
        layout.source = directory.join("copies").join(&variant.name);
        copy_tree(&source, &layout.source, &[]).unwrap();
        let steps = Backend::Cargo.prepare(variant, &layout, two()).unwrap();
        let printed = run(variant, &steps).unwrap_or_else(|error| panic!("{error}"));
        assert!(printed.contains("test flags ... ok"), "{printed}");
        let lock = layout.source.join("Cargo.lock");
        assert!(lock.is_file(), "the copy has the lock file now");
        assert!(!Backend::Cargo.in_place(&layout.source));
        let steps = Backend::Cargo
            .prepare(variant, &layout, Jobs::Shared)
            .unwrap();
        assert!(arguments(&steps[0]).contains(&"--locked".to_owned()));
        run(variant, &steps[..1]).unwrap_or_else(|error| panic!("{error}"));
    }
    assert!(tree(&source) == before, "the source is as it was");
}

const MODULE: &str = "#include <Python.h>\nint is_release(void); int is_clang(void); const char *greeting(void);\n\
    static PyObject *flags(PyObject *m, PyObject *a) { return Py_BuildValue(\"iis\", is_release(), is_clang(), greeting()); }\n\
    static PyMethodDef methods[] = {{\"flags\", flags, METH_NOARGS, 0}, {0}};\n\
    static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, \"_small\", 0, -1, methods};\n\
    PyMODINIT_FUNC PyInit__small(void) { return PyModule_Create(&module); }\n";

#[test]
fn backend_builds_with_setuptools() {
    if !have(&["python3", "gcc", "clang-14"]) {
        return;
    }
    let setup = "from setuptools import Extension, setup\n\
        setup(name='small', version='1', packages=['small'], ext_modules=[Extension('small._small', ['library.c', 'module.c'])])\n";
    let test = "import os, unittest\nfrom small._small import flags\n\
        class Flags(unittest.TestCase):\n    def test_flags(self):\n        \
        variant = os.environ['CFGMATRIX_VARIANT']\n        \
        self.assertEqual(flags(), (int('release' in variant), int('clang' in variant), os.environ['EXPECTED_GREETING']))\n        \
        print(variant, 'is what it says')\n";
    let files = [
        LIBRARY,
        ("module.c", MODULE),
        ("setup.py", setup),
        ("small/__init__.py", ""),
        ("tests/test_flags.py", test),
    ];
    // Its commands for installing have variables with a dollar.
    let name = "sp ace it's ü";
    build_all(Backend::Setuptools, name, TEXT, &files, |build, _| {
        assert!(build.join("lib/small/__init__.py").is_file());
        let installed = fs::read_to_string(build.join("installed.txt")).unwrap();
        assert!(installed.contains("small/__init__.py"), "{installed}");
    });
}

/// Does with variables what autoconf's does: remembers them, tries the compiler
/// with them, and writes them into a makefile.
const CONFIGURE: &str = r#"#!/bin/sh
set -e
prefix=/usr/local
for argument; do
  case $argument in
    --prefix=*) prefix=${argument#--prefix=} ;;
    *=*) name=${argument%%=*}; eval "$name=\${argument#*=}" ;;
    *) echo "unknown option: $argument" >&2; exit 1 ;;
  esac
done
source=$(dirname "$0")
echo 'int main(void) { return 0; }' > conftest.c
$CC $CPPFLAGS $CFLAGS $LDFLAGS -o conftest conftest.c $LIBS || { echo "C compiler cannot create executables" >&2; exit 77; }
ln -sf "$source/library.c" "$source/check.c" .
cat > Makefile <<END
CC = $CC
CPPFLAGS = $CPPFLAGS
CFLAGS = $CFLAGS
LDFLAGS = $LDFLAGS
LIBS = $LIBS
all: small
small: library.o check.o
	\$(CC) \$(CFLAGS) \$(LDFLAGS) -o \$@ library.o check.o \$(LIBS)
check: small
	./small
install: all
	mkdir -p "$prefix/bin" && cp small "$prefix/bin"
END
"#;

#[test]
fn backend_builds_with_configure() {
    if !have(&["make", "gcc", "clang-14"]) {
        return;
    }
    let files = [LIBRARY, CHECK, ("configure", CONFIGURE)];
    build_all(
        Backend::Autotools,
        "sp ace ü",
        "one-word-$5-it's-ü",
        &files,
        |_, _| {},
    );
}

/// autoconf's own script, which autoconf makes in the copy, and automake's makefile.
#[test]
fn backend_builds_with_autotools() {
    if !have(&["make", "gcc", "clang-14", "autoreconf", "automake"]) {
        return;
    }
    let script = "AC_INIT([small], [1])\nAM_INIT_AUTOMAKE([foreign])\nAC_PROG_CC\n\
        AC_CHECK_FUNCS([strstr])\nAC_CONFIG_FILES([Makefile])\nAC_OUTPUT\n";
    let makefile = "bin_PROGRAMS = small\nsmall_SOURCES = library.c check.c\n\
        AM_CFLAGS = -Wall\nTESTS = small\n";
    let files = [
        LIBRARY,
        CHECK,
        ("configure.ac", script),
        ("Makefile.am", makefile),
    ];
    let text = "one-word-$5-it's-ü#";
    let each = |_: &Path, printed: &str| assert!(printed.contains("PASS: small"), "{printed}");
    // automake refuses a directory with a space, and its tests' output is in a file.
    build_all(Backend::Autotools, "plain", text, &files, each);
}
