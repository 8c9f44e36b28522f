//! Cargo: a configuration file, and a target directory.

use std::fs;
use std::path::Path;

use cfgmatrix_core::Document;
use cfgmatrix_core::emit::Format;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::hook::Hook;
use super::{BackendError, Step};
use crate::outcome::StepName;

/// What of a manifest tells whether there is something to install.
#[derive(Deserialize)]
struct Manifest {
    package: Option<IgnoredAny>,
    bin: Option<Vec<IgnoredAny>>,
}

/// Whether Cargo has the lock file that it would write otherwise: that of the
/// package, or of a workspace around it.
pub(super) fn is_locked(source: &Path) -> bool {
    let mut directories = source.ancestors();
    directories.any(|directory| directory.join("Cargo.lock").is_file())
}

pub(super) fn steps(hook: &Hook<'_, '_>) -> Result<Vec<Step>, BackendError> {
    let config = hook.emitted(Format::CargoConfig, "cargo.toml")?;
    let with_options = |name, command: &str, with_profile: bool| {
        let mut step = Step::new(name, "cargo", hook.source())
            .arg(command)
            .arg("--config")
            .arg(&config)
            .env("CARGO_TARGET_DIR", hook.build())
            // The crate `cc` says its commands, which Cargo keeps: by them, proofs tell
            // how sources were compiled.
            .env("CC_ENABLE_DEBUG_OUTPUT", "1");
        if is_locked(hook.source()) {
            step = step.arg("--locked");
        }
        if let Some(jobs) = hook.jobs.own() {
            step = step.args(["--jobs", &jobs]);
        }
        let optimised = hook.has_feature(&["opt.2", "opt.3", "opt.size"]);
        if optimised && with_profile {
            step = step.arg("--release");
        }
        if optimised && hook.has_feature(&["debug"]) {
            step = step.env("CARGO_PROFILE_RELEASE_DEBUG", "true");
        }
        if !optimised && !with_profile {
            step = step.arg("--debug");
        }
        step
    };
    let mut steps = vec![
        with_options(StepName::Build, "build", true),
        with_options(StepName::Test, "test", true),
    ];
    if let Some(root) = hook.install()
        && has_executable(hook.source())?
    {
        let install = with_options(StepName::Install, "install", false)
            .arg("--no-track")
            .arg("--force")
            .arg("--path")
            .arg(hook.source())
            .arg("--root")
            .arg(root);
        steps.push(install);
    }
    Ok(steps)
}

/// Whether the package has an executable, which is all that Cargo installs.
fn has_executable(source: &Path) -> Result<bool, BackendError> {
    let path = source.join("Cargo.toml");
    let bytes = fs::read(&path).map_err(BackendError::io("read", &path))?;
    let document = Document::from_bytes(path.to_string_lossy(), bytes)?;
    let manifest: Manifest = document.toml()?;
    let by_place = ["src/main.rs", "src/bin"];
    let has = |name: &&str| source.join(name).exists();
    let named = manifest
        .bin
        .is_some_and(|executables| !executables.is_empty());
    Ok(manifest.package.is_some() && (named || by_place.iter().any(has)))
}
