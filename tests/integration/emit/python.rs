//! `distutils-cfg`, read by configparser and setuptools; `conda-variants` and
//! `spack`, read as YAML and by the rules of their tools.

use std::fs;
use std::path::Path;

use cfgmatrix::core::emit::{Format, environment};
use serde_json::{Value, json};

use super::{
    HARDER, TEXTS, emitted, expansion, needed, output, program, python, refusal, sixteen, stdout,
    with_environment, written,
};

/// What a program of Python's prints as JSON.
fn read(python: &Path, directory: &Path, code: &str) -> Value {
    fs::write(directory.join("read.py"), code).unwrap();
    serde_json::from_str(&stdout(program(python, directory).arg("read.py"))).unwrap()
}

/// What setuptools has of `build_ext` when a project is built with the file.
const SETUPTOOLS: &str = "import json, os\nos.environ['DIST_EXTRA_CONFIG'] = 'gcc.cfg'\n\
    from setuptools import Distribution, Extension\n\
    distribution = Distribution({'name': 'probe', 'ext_modules': [Extension('probe', ['probe.c'])]})\n\
    distribution.parse_config_files(['gcc.cfg'])\n\
    command = distribution.get_command_obj('build_ext')\ncommand.ensure_finalized()\n\
    print(json.dumps({name: getattr(command, name) for name in\n    \
    ['include_dirs', 'define', 'undef', 'library_dirs', 'rpath', 'libraries']}))\n";

#[test]
fn setuptools_takes_directories_libraries_and_defines() {
    let Some(python) = python("setuptools") else {
        return;
    };
    let mut expansion = with_environment(&["50%"]);
    let flags = &mut expansion.variants[0].configuration.flags;
    let words = |words: &[&str]| {
        words
            .iter()
            .map(|word| (*word).to_owned())
            .collect::<Vec<_>>()
    };
    flags.cppflags = words(&[
        "-DNDEBUG",
        "-DONE=1",
        "-DTWO=2",
        "-UGONE",
        "-I/opt/50% é/include",
    ]);
    flags.cflags = words(&["-O3", "-DX=a b"]);
    flags.ldflags = words(&["-fopenmp", "-L/opt/a b/lib", "-Wl,-rpath,/opt/a b/lib"]);
    flags.libs = words(&["-lopenblas", "-lm", "/opt/libx.a"]);
    let files = emitted(Format::DistutilsCfg, &expansion);
    assert_eq!(files[0].path, "gcc.cfg");
    let directory = written(&files);
    let command = read(&python, directory.path(), SETUPTOOLS);
    let has = |name: &str, values: &[&str]| {
        let all = command[name].as_array().unwrap();
        let own = all
            .iter()
            .filter(|value| values.iter().any(|known| *value == known));
        assert_eq!(own.count(), values.len(), "{name}: {all:?}");
    };
    has("include_dirs", &["/opt/50% é/include"]);
    has("undef", &["GONE"]);
    has("library_dirs", &["/opt/a b/lib"]);
    has("rpath", &["/opt/a b/lib"]);
    has("libraries", &["openblas", "m"]);
    assert_eq!(command["define"], json!([["NDEBUG", "1"], ["ONE", "1"]]));
    // What it has no options for is said as it must come.
    for line in [
        "#   CPPFLAGS=-DTWO=2",
        "#   CFLAGS='-O3 '\\''-DX=a b'\\'''",
        "#   LDFLAGS=-fopenmp",
        "#   LIBS=/opt/libx.a",
        "#   V0=50%",
    ] {
        assert!(
            files[0].text.lines().any(|known| known == line),
            "{line}: {}",
            files[0].text
        );
    }
}

#[test]
fn an_extension_is_built_as_the_variant_says() {
    let Some(python) = python("setuptools") else {
        return;
    };
    if !sixteen::are_here() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let top = directory.path();
    let module = "#define _GNU_SOURCE\n#include <dlfcn.h>\nextern int openblas_get_parallel(void);\n\
        extern void dgemm_(void);\n\
        int parallel(void) { return openblas_get_parallel(); }\n\
        int ndebug(void) {\n#ifdef NDEBUG\n  return 1;\n#else\n  return 0;\n#endif\n}\n\
        const char *library(void) { Dl_info from; dladdr((void *)dgemm_, &from); return from.dli_fname; }\n\
        void *PyInit_probe(void) { return 0; }\n";
    let setup = "from setuptools import Extension, setup\nsetup(name='probe', ext_modules=[Extension('probe', ['probe.c'])])\n";
    fs::write(top.join("probe.c"), module).unwrap();
    fs::write(top.join("setup.py"), setup).unwrap();
    for name in sixteen::write(Format::DistutilsCfg, top, &[]) {
        if name != "gcc@11-sequential-debug" && name != "clang@14-threaded-release" {
            continue;
        }
        fs::copy(top.join(format!("{name}.cfg")), top.join("setup.cfg")).unwrap();
        let lib = format!("lib-{name}");
        let mut build = program(&python, top);
        build.args([
            "setup.py",
            "--quiet",
            "build_ext",
            "--force",
            "--build-lib",
            &lib,
        ]);
        // Python's own flags have -DNDEBUG; the environment's come after them.
        output(build.env("CFLAGS", "-O0"));
        let code = format!(
            "import ctypes, glob, json\nm = ctypes.CDLL(glob.glob('{lib}/probe*')[0])\n\
             m.library.restype = ctypes.c_char_p\n\
             print(json.dumps([m.parallel(), m.library().decode()]))\n"
        );
        let said = read(&python, top, &code);
        let (place, parallel) = sixteen::blas(&name);
        assert_eq!(said[0], json!(parallel), "{name}");
        assert!(said[1].as_str().unwrap().contains(place), "{name}: {said}");
    }
}

#[test]
fn what_build_ext_would_split_is_refused() {
    let mut expansion = with_environment(&[]);
    let flags = &mut expansion.variants[0].configuration.flags;
    flags.ldflags = vec!["-L/opt/a:b".to_owned()];
    assert_eq!(
        refusal(Format::DistutilsCfg, &expansion),
        "distutils-cfg cannot express option `library_dirs` of variant `gcc`: it has what separates the directories"
    );
    assert_eq!(
        refusal(Format::DistutilsCfg, &with_environment(&["a\nb"])),
        "distutils-cfg cannot express variable `V0` of variant `gcc`: it has a line break"
    );
}

const FOUR: &str = "schema = 1\nname = \"Four of them\"\nlanguages = [\"c\", \"cxx\"]\n[axes]\n\
    compiler = [\"gcc@12\", \"clang@19\"]\nblas = [\"sequential\", \"threaded\"]\nmode = [\"release\"]\n\
    [require-features]\nfeatures = [\"openmp\"]\n";

/// Lines as conda-build and rattler-build leave them, read as YAML: one takes a
/// line away that ends in a selector, the other all that follows a `#`.
const CONDA: &str = "import json, re, yaml\n\
    lines = open('conda_build_config.yaml', encoding='utf-8').read().splitlines()\n\
    selector = re.compile(r'(.+?)\\s*(#.*)?\\[([^\\[\\]]+)\\](?(2)[^\\(\\)]*)$')\n\
    assert not [line for line in lines if selector.match(line.rstrip())]\n\
    cut = [line.split('#')[0].rstrip() for line in lines]\n\
    assert not [line for line in cut if '{{' in line or '{%' in line]\n\
    read = yaml.safe_load('\\n'.join(lines))\n\
    assert read == yaml.safe_load('\\n'.join(cut))\n\
    print(json.dumps(read))\n";

#[test]
fn conda_reads_the_variants_as_rows() {
    let Some(python) = python("yaml") else { return };
    let mut expansion = expansion(FOUR);
    let texts: Vec<&str> = TEXTS.into_iter().chain(HARDER).collect();
    expansion.variants[1].configuration.env = super::variables(&texts);
    let files = emitted(Format::CondaVariants, &expansion);
    assert_eq!(files[0].path, "conda_build_config.yaml");
    let directory = written(&files);
    let read = read(&python, directory.path(), CONDA);
    let read = read.as_object().unwrap();
    // One group holds all keys: their values belong together, row by row.
    let [group] = read["zip_keys"].as_array().unwrap().as_slice() else {
        panic!("{read:?}")
    };
    let mut keys: Vec<&str> = read
        .keys()
        .map(String::as_str)
        .filter(|key| *key != "zip_keys")
        .collect();
    let mut zipped: Vec<&str> = group
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key.as_str().unwrap())
        .collect();
    keys.sort_unstable();
    zipped.sort_unstable();
    assert_eq!(keys, zipped);
    for (row, variant) in expansion.variants.iter().enumerate() {
        let environment = environment(variant);
        let expected = environment.iter().chain(&variant.axes);
        let expected: Vec<(&str, &str)> = expected
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        for key in &keys {
            let value = expected
                .iter()
                .find(|(known, _)| known == key)
                .map_or("", |(_, value)| *value);
            assert_eq!(read[*key].as_array().unwrap().len(), 4, "{key}");
            assert_eq!(read[*key][row], value, "{key} of {}", variant.name);
        }
    }
}

#[test]
fn keys_that_conda_takes_for_something_else_are_refused() {
    let mut expansion = with_environment(&[]);
    expansion.variants[0].axes = vec![("zip_keys".to_owned(), "x".to_owned())];
    assert_eq!(
        refusal(Format::CondaVariants, &expansion),
        "conda-variants cannot express the key `zip_keys` of variant `gcc`: that key means something else there"
    );
    expansion.variants[0].axes = vec![("CC".to_owned(), "x".to_owned())];
    assert_eq!(
        refusal(Format::CondaVariants, &expansion),
        "conda-variants cannot express variable `CC` of variant `gcc`: an axis has the same name"
    );
    expansion.variants[0].axes = vec![("my axis".to_owned(), "x".to_owned())];
    assert_eq!(
        refusal(Format::CondaVariants, &expansion),
        "conda-variants cannot express the key `my axis` of variant `gcc`: a key has only letters, digits and underscores"
    );
}

/// What Spack's schemas of an environment, packages and toolchains require of what
/// is written here, and its grammar of specs.
const SPACK: &str = r#"
import json, re, yaml
read = yaml.safe_load(open('spack.yaml', encoding='utf-8'))
assert list(read) == ['spack']
spack = read['spack']
assert set(spack) <= {'definitions', 'specs', 'view', 'concretizer', 'toolchains', 'packages'}
for definition in spack['definitions']:
    assert all(isinstance(spec, str) for specs in definition.values() for spec in specs)
name = r'[a-zA-Z_0-9][a-zA-Z_0-9\-]*'
quoted = r"(?:'(?:[^']|(?<=\\)')*'|\"(?:[^\"]|(?<=\\)\")*\")"
bare = r'[a-zA-Z_0-9\-+\*.,:=%^\~\/\\]+'
version = r'@[a-zA-Z0-9_][a-zA-Z_0-9\-\.]*'
dependency = rf'%(?:{name}=)?{name}(?:{version})?(?: {name}={bare}| ?[+~]{name})*'
flags = rf'(?:cppflags|cflags|cxxflags|fflags|ldflags|ldlibs)={quoted}'
for toolchain, parts in spack['toolchains'].items():
    assert re.fullmatch(name, toolchain), toolchain
    for part in parts:
        assert set(part) <= {'spec', 'when'}
        assert re.fullmatch(rf'{dependency}|{flags}', part['spec']), part
        assert re.fullmatch(rf'%{name}', part.get('when', '%c'))
for package, settings in spack.get('packages', {}).items():
    assert set(settings) == {'externals'}
    for external in settings['externals']:
        assert set(external) == {'spec', 'prefix', 'extra_attributes'}
        assert re.fullmatch(rf'{name}{version}(?: languages={quoted}| [+]clang[~+]flang)?', external['spec']), external
        compilers = external['extra_attributes']['compilers']
        assert compilers and set(compilers) <= {'c', 'cxx', 'fortran'}
        assert all(path.startswith('/') for path in compilers.values())
print(json.dumps(spack))
"#;

#[test]
fn spack_has_a_toolchain_a_variant() {
    let Some(python) = python("yaml") else { return };
    let mut expansion = expansion(FOUR);
    expansion.variants[0]
        .configuration
        .flags
        .cflags
        .push("-DX='a\"b'\\é".to_owned() + "c");
    let files = emitted(Format::Spack, &expansion);
    assert_eq!(files[0].path, "spack.yaml");
    let spack = read(&python, written(&files).path(), SPACK);
    assert_eq!(
        spack["definitions"][0],
        json!({"packages": ["four-of-them"]})
    );
    assert_eq!(
        spack["specs"],
        json!([{"matrix": [["$packages"], ["$variants"]]}])
    );
    let names = [
        "gcc-12-sequential-release",
        "gcc-12-threaded-release",
        "clang-19-sequential-release",
        "clang-19-threaded-release",
    ];
    assert_eq!(
        spack["definitions"][1]["variants"],
        json!(names.map(|name| format!("%{name}")))
    );
    let parts = spack["toolchains"][names[3]].as_array().unwrap();
    for part in [
        json!({"spec": "%c=llvm@19", "when": "%c"}),
        json!({"spec": "%cxx=llvm@19", "when": "%cxx"}),
        json!({"spec": "cppflags='-DNDEBUG'"}),
        json!({"spec": "cflags='-O3 -fopenmp'"}),
        json!({"spec": "ldflags='-fopenmp'"}),
        json!({"spec": "%blas=openblas threads=pthreads ~ilp64", "when": "%blas"}),
        json!({"spec": "%lapack=openblas threads=pthreads ~ilp64", "when": "%lapack"}),
    ] {
        assert!(parts.contains(&part), "{part}: {parts:?}");
    }
    // The BLAS is Spack's: it is no flag.
    assert!(!files[0].text.contains("-lopenblas"), "{}", files[0].text);
}

#[test]
fn spack_gets_the_compilers_of_a_machine() {
    let Some(python) = python("yaml") else { return };
    if !sixteen::are_here() || needed("gcc-12").is_none() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    sixteen::write(Format::Spack, directory.path(), &[]);
    let spack = read(&python, directory.path(), SPACK);
    let (gcc, llvm) = (
        &spack["packages"]["gcc"]["externals"],
        &spack["packages"]["llvm"]["externals"],
    );
    assert_eq!(
        (
            gcc.as_array().unwrap().len(),
            llvm.as_array().unwrap().len()
        ),
        (2, 2)
    );
    assert_eq!(gcc[1]["prefix"], "/usr");
    assert_eq!(
        gcc[1]["extra_attributes"]["compilers"],
        json!({"c": "/usr/bin/gcc-12"})
    );
    assert_eq!(spack["toolchains"].as_object().unwrap().len(), 16);
    let text = fs::read_to_string(directory.path().join("spack.yaml")).unwrap();
    assert!(
        !text.contains("/usr/lib/x86_64-linux-gnu/openblas"),
        "{text}"
    );
}

#[test]
fn what_spack_does_not_know_or_would_split_is_refused() {
    let of = |compiler: &str| {
        expansion(&format!(
            "schema = 1\nname = \"x\"\n[axes]\ncompiler = [\"{compiler}\"]\n"
        ))
    };
    assert_eq!(
        refusal(Format::Spack, &of("pgi")),
        "spack cannot express the compiler `pgi` of variant `pgi`: no package of Spack is known for it"
    );
    let mut gcc = of("gcc");
    gcc.variants[0].configuration.flags.cflags = vec!["-DX=a b".to_owned()];
    assert_eq!(
        refusal(Format::Spack, &gcc),
        "spack cannot express `cflags` of variant `gcc`: one of its words has space in it, where Spack splits it"
    );
    let mut twice = of("gcc");
    let mut other = twice.variants[0].clone();
    twice.variants[0].name = "gcc@12".to_owned();
    other.name = "gcc+12".to_owned();
    twice.variants.push(other);
    assert_eq!(
        refusal(Format::Spack, &twice),
        "spack cannot express the name of variant `gcc+12`: another variant would be the toolchain `gcc-12` too"
    );
}
