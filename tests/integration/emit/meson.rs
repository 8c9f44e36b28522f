//! `meson-native`, read by Meson.

use std::fs;

use cfgmatrix::core::emit::Format;

use super::{
    TEXTS, c_program, c_string, emitted, needed, output, program, refusal, sixteen, stdout,
    texts_of, with_defines, with_environment, written,
};

/// A project with defaults that would add flags.
const PROJECT: &str = "project('probe', 'c', default_options: ['buildtype=release', 'b_ndebug=true', 'c_std=c11'])\n\
    message('variant', meson.get_external_property('cfgmatrix_variant'))\n\
    executable('program', 'program.c', dependencies: meson.get_compiler('c').find_library('dl'))\n";

#[test]
fn native_files_build_sixteen_variants_as_they_are() {
    let (Some(meson), Some(ninja)) = (needed("meson"), needed("ninja")) else {
        return;
    };
    if !sixteen::are_here() {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let top = directory.path();
    fs::write(top.join("meson.build"), PROJECT).unwrap();
    for name in sixteen::write(Format::MesonNative, top, &[]) {
        let build = top.join("build").join(&name);
        let mut setup = program(&meson, top);
        setup
            .env("CFLAGS", "-DNDEBUG -O1")
            .env("LDFLAGS", "-L/nowhere");
        setup
            .arg("setup")
            .arg("--native-file")
            .arg(format!("{name}.ini"));
        let said = stdout(setup.arg(&build));
        assert!(said.contains(&format!("Message: variant {name}")), "{said}");
        output(program(&ninja, top).arg("-C").arg(&build));
        sixteen::assert_is(&name, &stdout(&mut program(build.join("program"), top)));
    }
}

#[test]
fn hostile_flags_reach_the_compiler() {
    let (Some(meson), Some(ninja), Some(_)) = (needed("meson"), needed("ninja"), needed("gcc"))
    else {
        return;
    };
    // Those with a single quote before a backslash, which it escapes as C.
    let texts: Vec<&str> = TEXTS
        .into_iter()
        .filter(|text| !c_string(text).contains("'\\"))
        .collect();
    assert!(texts.len() >= TEXTS.len() - 1, "{texts:?}");
    let directory = written(&emitted(Format::MesonNative, &with_defines(&texts)));
    let top = directory.path();
    fs::write(
        top.join("meson.build"),
        "project('probe', 'c')\nexecutable('program', 'program.c')\n",
    )
    .unwrap();
    fs::write(top.join("program.c"), c_program(texts.len())).unwrap();
    output(program(&meson, top).args(["setup", "--native-file", "gcc.ini", "build"]));
    output(program(&ninja, top).args(["-C", "build"]));
    let said = output(&mut program(top.join("build/program"), top));
    assert_eq!(texts_of(&said.stdout), texts);
}

#[test]
fn commands_standards_and_search_paths_have_their_places() {
    let mut expansion = super::expansion(
        "schema = 1\nname = \"one\"\n[axes]\ncompiler = [\"gcc\"]\n[require-features]\nfeatures = [\"std.c17\", \"ndebug\"]\n",
    );
    let configuration = &mut expansion.variants[0].configuration;
    configuration
        .tools
        .insert("cc".to_owned(), "/opt/my tools/ccache gcc".to_owned());
    configuration
        .tools
        .insert("ar".to_owned(), "gcc-ar".to_owned());
    configuration
        .env
        .insert("PKG_CONFIG_PATH".to_owned(), "/opt/a:/opt/b".to_owned());
    configuration
        .env
        .insert("OMPI_CC".to_owned(), "gcc".to_owned());
    let text = &emitted(Format::MesonNative, &expansion)[0].text;
    for line in [
        "c = ['/opt/my tools/ccache', 'gcc']",
        "cpp = ['g++']",
        "fortran = ['gfortran']",
        "ar = ['gcc-ar']",
        "b_ndebug = 'true'",
        "c_std = 'none'",
        "c_args = ['-DNDEBUG', '-std=c17']",
        "pkg_config_path = ['/opt/a', '/opt/b']",
        "# there is no place here for OMPI_CC; `cfgmatrix emit env` has it",
    ] {
        assert!(text.lines().any(|known| known == line), "{line}: {text}");
    }
    assert!(
        !text.contains("cpp_std") && !text.contains("fortran_std"),
        "{text}"
    );
}

#[test]
fn what_a_machine_file_has_no_words_for_is_refused() {
    let mut expansion = with_environment(&[]);
    let flags = &mut expansion.variants[0].configuration.flags;
    flags.cflags = vec!["-DX='a'".to_owned()];
    assert_eq!(
        refusal(Format::MesonNative, &expansion),
        "meson-native cannot express variable `c_args` of variant `gcc`: it ends with a single quote"
    );
}
