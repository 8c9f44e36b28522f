//! A real project from a registry: SCS 3.3.1, of whose sdist all sixteen variants
//! are built, tested and proved.
#![cfg(target_os = "linux")]

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use sha2::{Digest as _, Sha256};

use crate::examples::{check, document, sixteen_can_be_built};
use crate::support::{cfgmatrix, find_program, have, host, repository};

/// What PyPI has, by its digest.
const SHA256: &str = "dd9d43c1f2f189a84e84c26721e2c5129abf921a6a8acc48c154abae993357b1";

/// The sources, unpacked; the sdist is fetched by who wants the test:
/// `pip download --no-binary scs --no-deps --dest target/scs scs==3.3.1`.
fn unpacked(directory: &Path) -> Option<PathBuf> {
    let sdist = repository().join("target/scs/scs-3.3.1.tar.gz");
    if !have(sdist.exists(), "the sdist of SCS 3.3.1 in target/scs") {
        return None;
    }
    let digest = Sha256::digest(std::fs::read(&sdist).unwrap());
    let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(digest, SHA256, "{}", sdist.display());
    Command::new("tar")
        .arg("-xzf")
        .arg(&sdist)
        .current_dir(directory)
        .assert()
        .success();
    Some(directory.join("scs-3.3.1/scs_source"))
}

#[test]
fn sixteen_variants_of_scs_are_what_they_are_called() {
    if !sixteen_can_be_built() || !have(find_program("cmake").is_some(), "cmake") {
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let Some(source) = unpacked(directory.path()) else {
        return;
    };
    let mut run = cfgmatrix();
    run.current_dir(source)
        .arg("run")
        .arg(repository().join("tests/cases/scs/cfgmatrix.toml"))
        .arg("--host")
        .arg(host())
        .arg("--directory")
        .arg(directory.path().join("run"))
        .args(["--format", "json"]);
    let document = document(&mut run, 0);
    assert_eq!(document["counts"]["passed"], 16, "{document:#}");
    assert_eq!(document["duplicates"], serde_json::json!([]));
    for outcome in document["outcomes"].as_array().unwrap() {
        check(outcome);
        let steps = outcome["steps"].as_array().unwrap().iter();
        let steps: Vec<_> = steps.map(|step| &step["name"]).collect();
        assert_eq!(steps, ["configure", "build", "test"]);
        let artifacts = outcome["claims"].as_array().unwrap().iter();
        let library = "lib/libscsdir.so.3.3.1";
        let about = |about: &str| {
            let mut claims = artifacts.clone();
            claims.any(|claim| claim["about"] == about && claim["artifact"] == library)
        };
        // The library itself calls both.
        assert!(about("openmp") && about("blas.file"), "{outcome:#}");
    }
}
