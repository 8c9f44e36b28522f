//! `cfgmatrix flags` and the resolver behind it.

use cfgmatrix::core::{
    CompilerSpec, KnowledgeBase, Language, Support, Tokens, Toolchain, Version, Want,
};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::data::known;
use crate::support::{cfgmatrix, json as json_of, stdout};

/// The answer for one feature, whatever the exit status.
fn flags(compiler: &str, language: &str, feature: &str) -> Value {
    let output = cfgmatrix()
        .args([
            "flags", "-c", compiler, "-l", language, feature, "--format", "json",
        ])
        .output()
        .unwrap();
    let document: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|error| panic!("{compiler}: {error}"));
    let features = document["features"].as_array().unwrap();
    assert_eq!(features.len(), 1);
    let answer = features[0].clone();
    let available = ["flags", "default"].contains(&answer["support"].as_str().unwrap());
    assert_eq!(
        output.status.code(),
        Some(if available { 0 } else { 3 }),
        "{compiler}"
    );
    answer
}

#[test]
fn openmp_as_each_family_spells_it() {
    for (compiler, language, tokens) in [
        ("icc@14.0.2", "c", json!(["-openmp"])),
        ("icc@19", "c", json!(["-qopenmp"])),
        ("icc@15", "fortran", json!(["-qopenmp"])),
        ("gcc@4.2", "c", json!(["-fopenmp"])),
        ("gcc", "fortran", json!(["-fopenmp"])),
        ("pgi", "c", json!(["-mp"])),
        ("xl", "c", json!(["-qsmp=omp"])),
        ("nvhpc", "cxx", json!(["-mp"])),
        ("nag", "fortran", json!(["-openmp"])),
        ("msvc", "c", json!(["/openmp"])),
        ("icx", "c", json!(["-qopenmp"])),
        ("fujitsu", "c", json!(["-Kopenmp"])),
        ("oracle", "c", json!(["-xopenmp"])),
    ] {
        let answer = flags(compiler, language, "openmp");
        assert_eq!(
            (&answer["support"], &answer["compile"]),
            (&json!("flags"), &tokens),
            "{compiler}"
        );
        assert!(!answer["source"].as_str().unwrap().is_empty());
    }
}

#[test]
fn classic_cray_has_openmp_without_a_flag_and_spells_it_in_two_tokens() {
    let answer = flags("cray-classic", "c", "openmp");
    assert_eq!(answer["support"], "default");
    assert_eq!(answer["compile"], json!(["-h", "omp"]));
    // From release 9 on it is off unless asked for.
    assert_eq!(
        flags("cray-classic@9.0", "fortran", "openmp")["support"],
        "flags"
    );
}

#[test]
fn what_cannot_be_had_says_why_and_what_to_do() {
    for (compiler, reason, hint) in [
        (
            "apple-clang",
            "no OpenMP runtime of its own",
            "brew install libomp",
        ),
        ("gcc@4.1", "OpenMP came with gcc 4.2", "gcc 4.2 or newer"),
        ("tcc", "accepted and ignored", "use gcc or clang"),
    ] {
        let answer = flags(compiler, "c", "openmp");
        assert_eq!(answer["support"], "unsupported", "{compiler}");
        assert_eq!(
            (&answer["compile"], &answer["link"]),
            (&json!([]), &json!([]))
        );
        assert!(
            answer["reason"].as_str().unwrap().contains(reason),
            "{answer}"
        );
        assert!(answer["hint"].as_str().unwrap().contains(hint), "{answer}");
    }
}

#[test]
fn a_part_that_is_there_changes_the_answer() {
    let document = json_of(cfgmatrix().args([
        "flags",
        "-c",
        "apple-clang",
        "--with",
        "libomp",
        "-l",
        "c",
        "openmp",
        "--format",
        "json",
    ]));
    assert_eq!(
        document["features"][0]["compile"],
        json!(["-Xpreprocessor", "-fopenmp"])
    );
    assert_eq!(
        document["features"][0]["link"]
            .as_array()
            .unwrap()
            .last()
            .unwrap(),
        "-lomp"
    );
}

#[test]
fn a_value_takes_its_place_in_the_tokens() {
    let document = json_of(cfgmatrix().args([
        "flags",
        "-c",
        "gcc",
        "-l",
        "c",
        "rpath=/opt/a b/lib",
        "--format",
        "json",
    ]));
    assert_eq!(
        document["features"][0]["link"],
        json!(["-Wl,-rpath,/opt/a b/lib"])
    );
}

#[test]
fn the_system_changes_the_spelling() {
    for (os, tokens) in [
        ("linux", json!(["-qopenmp"])),
        ("windows", json!(["/Qopenmp"])),
    ] {
        let document = json_of(cfgmatrix().args([
            "flags", "-c", "icc@19", "--os", os, "-l", "c", "openmp", "--format", "json",
        ]));
        assert_eq!(document["features"][0]["compile"], tokens, "{os}");
    }
}

#[test]
fn a_mode_is_its_features() {
    let document = json_of(cfgmatrix().args([
        "flags", "-c", "gcc", "-l", "c", "--mode", "debug", "--format", "json",
    ]));
    let features: Vec<&str> = document["features"]
        .as_array()
        .unwrap()
        .iter()
        .map(|answer| answer["feature"].as_str().unwrap())
        .collect();
    assert_eq!(features, ["debug", "opt.0"]);
}

#[test]
fn openmp_does_not_optimise_a_debug_build() {
    for (compiler, tokens) in [
        ("xl", json!(["-qsmp=omp:noopt"])),
        ("oracle", json!(["-xopenmp=noopt"])),
    ] {
        let document = json_of(cfgmatrix().args([
            "flags", "-c", compiler, "-l", "c", "--mode", "debug", "openmp", "--format", "json",
        ]));
        assert_eq!(document["features"][2]["compile"], tokens, "{compiler}");
    }
}

#[test]
fn a_compiler_newer_than_the_rows_is_used_with_a_warning() {
    let document = json_of(cfgmatrix().args([
        "flags", "-c", "gcc@99", "-l", "c", "openmp", "--format", "json",
    ]));
    assert_eq!(document["features"][0]["compile"], json!(["-fopenmp"]));
    assert!(
        document["warnings"][0]
            .as_str()
            .unwrap()
            .contains("gcc 99 is newer than"),
        "{document}"
    );
    let known = json_of(cfgmatrix().args([
        "flags",
        "-c",
        "gcc@12.2.0",
        "-l",
        "c",
        "openmp",
        "--format",
        "json",
    ]));
    assert_eq!(known["warnings"], json!([]));
}

#[test]
fn every_family_is_listed_with_its_names() {
    let document = json_of(cfgmatrix().args(["flags", "--list", "--format", "json"]));
    let families = document["families"].as_array().unwrap();
    assert_eq!(families.len(), 26);
    for (alias, family) in [
        ("icc", "intel-classic"),
        ("icpc", "intel-classic"),
        ("ifort", "intel-classic"),
        ("icx", "intel-llvm"),
        ("ifx", "intel-llvm"),
        ("oneapi", "intel-llvm"),
        ("pgcc", "pgi"),
        ("nvc", "nvhpc"),
        ("nvfortran", "nvhpc"),
        ("xlc", "xl"),
        ("xlf", "xl"),
        ("ibm", "xl"),
        ("armclang", "arm-clang"),
        ("cl", "msvc"),
        ("appleclang", "apple-clang"),
        ("AppleClang", "apple-clang"),
    ] {
        assert_eq!(known().family(alias).unwrap().id, family, "{alias}");
    }
}

#[test]
fn march_flags_are_for_their_own_architecture() {
    let document = json_of(cfgmatrix().args([
        "flags",
        "-c",
        "gcc@12.3",
        "--os",
        "linux",
        "--arch",
        "x86_64",
        "-l",
        "c",
        "march.zen4",
        "--format",
        "json",
    ]));
    assert_eq!(
        document["features"][0]["compile"],
        json!(["-march=znver4", "-mtune=znver4"])
    );
    let output = cfgmatrix()
        .args([
            "flags",
            "-c",
            "gcc@12.3",
            "--os",
            "linux",
            "--arch",
            "aarch64",
            "-l",
            "c",
            "march.zen4",
        ])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3));
    assert!(String::from_utf8_lossy(&output.stderr).contains("x86_64 processor"));
}

#[test]
fn an_inclusive_bound_of_the_source_covers_its_patch_releases() {
    // archspec says 3.9:11.1 for x86_64_v3 and refuses clang 11.1.0.
    let document = json_of(cfgmatrix().args([
        "flags",
        "-c",
        "clang@11.1.0",
        "--os",
        "linux",
        "--arch",
        "x86_64",
        "-l",
        "c",
        "march.x86_64_v3",
        "--format",
        "json",
    ]));
    assert_eq!(document["features"][0]["support"], "flags");
}

#[test]
fn completions_and_schemas_are_printed() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            stdout(cfgmatrix().args(["completions", shell])).contains("identify"),
            "{shell}"
        );
    }
    for name in stdout(cfgmatrix().arg("schema")).lines() {
        let schema = json_of(cfgmatrix().args(["schema", name]));
        assert!(schema["$schema"].is_string(), "{name}");
    }
}

fn tokens(
    known: &KnowledgeBase,
    toolchain: &Toolchain<'_>,
    language: Language,
    wants: &[Want],
) -> Option<Vec<String>> {
    let mut tokens = Tokens::default();
    for answer in known.resolve(toolchain, language, wants).ok()? {
        assert_eq!(
            answer.support.is_available(),
            answer.reason().is_none() || answer.support == Support::Default
        );
        tokens.extend(answer.compile().chain(answer.link()).chain(answer.libs()));
    }
    Some(tokens.into_vec())
}

#[test]
fn blas_is_a_feature_too() {
    let link = |compiler: &str, feature: &str| {
        let document = json_of(cfgmatrix().args([
            "flags", "-c", compiler, "-l", "c", "openmp", feature, "--format", "json",
        ]));
        let answer = document["features"][1].clone();
        assert!(
            answer["row"]
                .as_str()
                .unwrap()
                .starts_with("toolchains/blas/"),
            "{answer}"
        );
        answer["link"]
            .as_array()
            .unwrap()
            .iter()
            .map(|token| token.as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert!(link("icc", "blas.threaded").contains(&"-lmkl_intel_thread".to_owned()));
    assert!(link("icc", "blas.sequential").contains(&"-lmkl_sequential".to_owned()));
    assert!(link("gcc", "blas.threaded=mkl").contains(&"-lmkl_gnu_thread".to_owned()));
    assert!(link("xl", "blas.threaded").contains(&"-lesslsmp".to_owned()));
    assert_eq!(link("gcc", "blas.sequential"), ["-lopenblas"]);
}

#[test]
fn a_blas_that_cannot_be_had_says_what_can() {
    let answer = flags("gcc", "c", "blas.tbb");
    assert_eq!(answer["support"], "unsupported");
    assert!(
        answer["reason"].as_str().unwrap().contains("there it is"),
        "{answer}"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Whatever is asked in whatever order, the same set gives the same tokens,
    /// and no question panics.
    #[test]
    fn order_of_asking_does_not_matter(
        family in 0usize..26,
        version in prop::option::of(prop::collection::vec(0u32..30, 1..4)),
        picked in prop::collection::vec(0usize..51, 0..6),
        rotate in 0usize..6,
    ) {
        let known = known();
        let id = known.family_ids().nth(family).unwrap().to_owned();
        let spec = CompilerSpec { family: id, version: version.map(Version::new) };
        let toolchain = known.toolchain(&spec, None, &[]).unwrap();
        let features: Vec<&str> = known.features().map(|feature| feature.id.as_str()).collect();
        let wants: Vec<Want> = picked.iter().map(|&index| Want::new(features[index % features.len()])).collect();
        let mut turned = wants.clone();
        turned.rotate_left(rotate.min(wants.len()));
        let mut doubled = turned.clone();
        doubled.extend(wants.iter().cloned());
        for language in toolchain.family.languages.clone() {
            let straight = tokens(&known, &toolchain, language, &wants);
            prop_assert_eq!(&tokens(&known, &toolchain, language, &turned), &straight);
            prop_assert_eq!(&tokens(&known, &toolchain, language, &doubled), &straight, "nothing twice");
        }
    }
}
