//! Which build system is taken, and what is said where none is.

use super::*;

fn found(files: &[(&str, &str)]) -> Result<Vec<Backend>, BackendError> {
    let place = tempfile::tempdir().unwrap();
    write(place.path(), files);
    recognised(place.path())
}

#[test]
fn backend_is_told_by_its_files() {
    use Backend::{Autotools, Cargo, Cmake, Make, Meson, Setuptools};
    let setuptools =
        "[build-system]\nrequires = [\"setuptools\"]\nbuild-backend = \"setuptools.build_meta\"\n";
    let meson_python = "[build-system]\nrequires = [\"meson-python\"]\nbuild-backend = \"mesonpy\"\n[project]\nname = \"x\"\n";
    for (files, expected) in [
        (&[("CMakeLists.txt", "")][..], &[Cmake][..]),
        (&[("meson.build", "")], &[Meson]),
        (&[("Cargo.toml", "")], &[Cargo]),
        (&[("setup.py", "")], &[Setuptools]),
        (&[("pyproject.toml", setuptools)], &[Setuptools]),
        (
            &[("pyproject.toml", "[project]\nname = \"x\"\n")],
            &[Setuptools],
        ),
        (
            &[("pyproject.toml", "[build-system]\nrequires = []\n")],
            &[Setuptools],
        ),
        (
            &[("pyproject.toml", meson_python), ("meson.build", "")],
            &[Meson],
        ),
        (&[("configure", "")], &[Autotools]),
        (&[("configure.ac", "")], &[Autotools]),
        (&[("Makefile", "")], &[Make]),
        (&[("makefile", "")], &[Make]),
        (&[("GNUmakefile", "")], &[Make]),
        (
            &[("Makefile", ""), ("CMakeLists.txt", ""), ("setup.py", "")],
            &[Cmake, Setuptools, Make],
        ),
        (&[("Makefile", ""), ("configure", "")], &[Autotools, Make]),
    ] {
        assert_eq!(found(files).unwrap(), expected, "{files:?}");
    }
}

#[test]
fn backend_words() {
    for (text, backend) in [
        ("cmake", Backend::Cmake),
        ("CMake", Backend::Cmake),
        ("gmake", Backend::Make),
        ("autoconf", Backend::Autotools),
        ("distutils", Backend::Setuptools),
    ] {
        assert_eq!(text.parse::<Backend>().unwrap(), backend);
    }
    for &backend in Backend::ALL {
        assert_eq!(backend.to_string().parse::<Backend>().unwrap(), backend);
    }
    for (text, message) in [
        (
            "cmaek",
            "unknown build system `cmaek`; did you mean `cmake` or `make`?",
        ),
        (
            "autocon",
            "unknown build system `autocon`; did you mean `autoconf`?",
        ),
        (
            "setuptool",
            "unknown build system `setuptool`; did you mean `setuptools`?",
        ),
        (
            "scons",
            "unknown build system `scons`, expected one of `cmake`, `meson`, `cargo`, `setuptools`, `autotools`, `make`",
        ),
    ] {
        assert_eq!(text.parse::<Backend>().unwrap_err().to_string(), message);
    }
}

/// A message and its hint, with the place of the test taken out.
fn said(error: &BackendError, place: &Path) -> String {
    let hint = error
        .hint()
        .map_or_else(String::new, |hint| format!("\n{hint}"));
    format!("{error}{hint}").replace(place.to_str().unwrap(), "HERE")
}

#[test]
fn backend_messages() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    let expansion = expansion("");
    let variant = &expansion.variants[0];
    let absent = detect(&here.join("absent")).unwrap_err();
    assert_eq!(
        said(&absent, here),
        "`HERE/absent` is no directory with sources"
    );

    fs::create_dir(here.join("empty")).unwrap();
    assert_eq!(
        said(&detect(&here.join("empty")).unwrap_err(), here),
        "no build system is recognised in `HERE/empty`: there is no `CMakeLists.txt`, `meson.build`, `Cargo.toml`, `setup.py`, `pyproject.toml` for setuptools, `configure`, `configure.ac`, `GNUmakefile`, `makefile` or `Makefile`\n\
         name the build system with `--with`, or give the command that builds: `run -- COMMAND`"
    );

    write(here, &[("made/Makefile", "all:\n"), ("made/configure", "")]);
    let made = layout(here, &here.join("made"), "x");
    let wrong = Backend::Cmake.prepare(variant, &made, two()).unwrap_err();
    assert_eq!(
        said(&wrong, here),
        "`HERE/made` is no source for CMake: there is no `CMakeLists.txt`\ndid you mean `--with autotools`?"
    );

    write(here, &[("listed/CMakeLists.txt", "")]);
    let mut same = layout(here, &here.join("listed"), "x");
    same.build = same.source.clone();
    let error = Backend::Cmake.prepare(variant, &same, two()).unwrap_err();
    assert_eq!(
        said(&error, here),
        "the build directory `HERE/listed` is the source itself, which stays as it is"
    );

    Backend::Make.prepare(variant, &made, two()).unwrap();
    let other = &expansion.variants[1];
    let error = Backend::Make.prepare(other, &made, two()).unwrap_err();
    let id = &variant.configuration.id;
    assert_eq!(
        said(&error, here),
        format!(
            "`HERE/build/x` holds a build of another configuration, {id}\nremove `HERE/build/x`, and it is built anew"
        )
    );

    write(here, &[("made/config.status", "")]);
    let configured = layout(here, &here.join("made"), "y");
    let error = Backend::Autotools
        .prepare(variant, &configured, two())
        .unwrap_err();
    assert_eq!(
        said(&error, here),
        "`HERE/made` has been configured in place, and is refused by `configure` from elsewhere\nrun `make distclean` in `HERE/made`"
    );

    write(here, &[("torn/pyproject.toml", "[build-system\n")]);
    let error = detect(&here.join("torn")).unwrap_err();
    assert!(
        said(&error, here).starts_with("HERE/torn/pyproject.toml:1:"),
        "{}",
        said(&error, here)
    );
}

#[test]
fn backend_messages_about_words() {
    let place = tempfile::tempdir().unwrap();
    let here = place.path();
    write(
        here,
        &[("source/configure", ""), ("source/Makefile", "all:\n")],
    );
    let source = here.join("source");
    let spaced = expansion(&greeting("two words"));
    let error = Backend::Autotools
        .prepare(&spaced.variants[0], &layout(here, &source, "a"), two())
        .unwrap_err();
    assert_eq!(
        said(&error, here),
        r#"configure cannot be told `'-DGREETING="two words"'` in CPPFLAGS: its trials of the compiler split commands and flags at every space"#
    );
    let broken =
        expansion("[[set]]\nif = 'mode == \"debug\"'\nflags = { cflags = [\"-DX=a\\nb\"] }\n");
    let error = Backend::Make
        .prepare(&broken.variants[0], &layout(here, &source, "b"), two())
        .unwrap_err();
    assert_eq!(
        said(&error, here),
        "make cannot be told variable `CFLAGS`: it has a line break"
    );
    write(here, &[("python/setup.py", "")]);
    let mut priced = layout(here, &here.join("python"), "p");
    priced.install = Some(here.join("$x"));
    let error = Backend::Setuptools
        .prepare(&spaced.variants[0], &priced, two())
        .unwrap_err();
    assert_eq!(
        said(&error, here),
        "setuptools cannot be told to install in `HERE/$x`: it takes `$` and braces there for variables of its own"
    );
    fs::write(here.join("file"), "").unwrap();
    let mut blocked = layout(here, &source, "c");
    blocked.build = here.join("file/below");
    let error = Backend::Make
        .prepare(&spaced.variants[0], &blocked, two())
        .unwrap_err();
    assert_eq!(
        said(&error, here),
        "cannot make `HERE/file/below/cfgmatrix`"
    );
}
