//! Identification: transcripts whose names are the answers, and the compilers
//! of this machine.

use std::fs;

use cfgmatrix::core::Unidentified;
use serde_json::Value;

use crate::data::known;
use crate::support::{cfgmatrix, files_in, find_program, have, json, repository};

#[test]
fn every_transcript_is_what_its_name_says() {
    let known = known();
    let mut wrong = Vec::new();
    let files = files_in(&repository().join("tests").join("transcripts"));
    assert!(files.len() > 100, "the transcripts are there");
    for path in files {
        let name = path.file_stem().unwrap().to_str().unwrap();
        let expected = name.split('+').next().unwrap();
        let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
        let found = match known.identify_banner(&text).unwrap() {
            Ok(found) => match &found.version {
                Some(version) => format!("{}@{version}", found.family),
                None => found.family,
            },
            Err(Unidentified::NoMatch { .. }) => "unknown".to_owned(),
            Err(ambiguous) => ambiguous.to_string(),
        };
        if found != expected {
            wrong.push(format!("{name}: {found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_family_that_prints_a_banner_has_a_transcript() {
    let files = files_in(&repository().join("tests").join("transcripts"));
    let names: Vec<String> = files
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    for family in known().family_ids() {
        // What these two print is to the letter what XL and clang print.
        if ["xlclang", "clang-cl"].contains(&family) {
            continue;
        }
        assert!(
            names
                .iter()
                .any(|name| name.starts_with(&format!("{family}@"))),
            "{family}"
        );
    }
}

#[test]
fn derivatives_keep_both_versions() {
    let found = known()
        .identify_banner("AMD clang version 14.0.6 (CLANG: AOCC_4.0.0-Build#434 2022_10_28)")
        .unwrap()
        .unwrap();
    assert_eq!(found.family, "aocc");
    assert_eq!(found.version.unwrap().to_string(), "4.0.0");
    let (base, version) = found.base.unwrap();
    assert_eq!(
        (base.as_str(), version.unwrap().to_string().as_str()),
        ("clang", "14.0.6")
    );
}

#[test]
fn a_banner_comes_from_standard_input_too() {
    let found = json(
        cfgmatrix()
            .args(["identify", "--banner", "-", "--format", "json"])
            .write_stdin("icc (ICC) 18.0.5 20180823\n"),
    );
    assert_eq!(
        (&found["family"], &found["version"]),
        (&Value::from("intel-classic"), &Value::from("18.0.5"))
    );
    assert!(
        found["decided_by"]
            .as_str()
            .unwrap()
            .contains("toolchains/intel-classic.json")
    );
}

/// What a compiler of this machine must be found to be, with the first parts of
/// its version where its name tells them.
const HERE: &[(&str, &str, &str)] = &[
    ("gcc", "gcc", ""),
    ("gcc-12", "gcc", "12."),
    ("g++-12", "gcc", "12."),
    ("gfortran-12", "gcc", "12."),
    ("gcc-11", "gcc", "11."),
    ("clang-14", "clang", "14."),
    ("clang-16", "clang", "16."),
    ("clang-19", "clang", "19."),
    ("flang-new-19", "flang", "19."),
    ("tcc", "tcc", "0.9."),
    ("x86_64-w64-mingw32-gcc", "gcc", "12"),
];

#[test]
fn the_compilers_of_this_machine_are_told_apart() {
    for (program, family, version) in HERE {
        if !have(find_program(program).is_some(), program) {
            continue;
        }
        let found = json(cfgmatrix().args(["identify", "--format", "json", program]));
        assert_eq!(found["family"], *family, "{program}");
        assert!(
            found["version"].as_str().unwrap().starts_with(version),
            "{program}: {found}"
        );
    }
}

#[test]
fn flags_asks_an_executable_what_it_is() {
    if !have(find_program("gcc").is_some(), "gcc") {
        return;
    }
    let path = find_program("gcc").unwrap().display().to_string();
    let flags = json(cfgmatrix().args([
        "flags", "-c", &path, "-l", "c", "openmp", "--format", "json",
    ]));
    assert_eq!(flags["family"], "gcc");
    assert!(flags["version"].is_string());
    assert_eq!(
        flags["features"][0]["compile"],
        serde_json::json!(["-fopenmp"])
    );
}
