//! CMake: a toolchain file.

use cfgmatrix_core::emit::{Format, build_type};

use super::hook::Hook;
use super::{BackendError, Step};
use crate::outcome::StepName;

/// The generator, unless the variant's environment names another. Makefiles take
/// part in the jobserver, so that a variant has what the others leave at any
/// moment; Ninja, which does from 1.13 on only, is told a number when it starts.
const GENERATOR: &str = if cfg!(windows) {
    "Ninja"
} else {
    "Unix Makefiles"
};

pub(super) fn steps(hook: &Hook<'_, '_>) -> Result<Vec<Step>, BackendError> {
    let toolchain = hook.emitted(Format::CmakeToolchain, "toolchain.cmake")?;
    let build_type = build_type(hook.variant);
    let generator = hook.variable("CMAKE_GENERATOR").unwrap_or(GENERATOR);
    let step = |name, program| Step::new(name, program, hook.build());
    let mut configure = step(StepName::Configure, "cmake")
        .arg("-S")
        .arg(hook.source())
        .arg("-B")
        .arg(hook.build())
        .args(["-G", generator])
        .joined("-DCMAKE_TOOLCHAIN_FILE:FILEPATH=", toolchain)
        // Said here too: a project that chooses one for want of it does so before
        // it reads the toolchain file.
        .joined("-DCMAKE_BUILD_TYPE:STRING=", build_type)
        // A project need not have all languages that a compiler has.
        .arg("--no-warn-unused-cli")
        // By what is in it, proofs tell how sources were compiled.
        .env("CMAKE_EXPORT_COMPILE_COMMANDS", "ON");
    if let Some(prefix) = hook.install() {
        configure = configure.joined("-DCMAKE_INSTALL_PREFIX:PATH=", prefix);
    }
    let mut build = step(StepName::Build, "cmake")
        .arg("--build")
        .arg(hook.build())
        .args(["--config", build_type])
        // The compilation database tells: what CMake's makefiles do beside would
        // only make logs long.
        .env("GNUMAKEFLAGS", "");
    let mut test = step(StepName::Test, "ctest")
        .arg("--test-dir")
        .arg(hook.build())
        .args(["--build-config", build_type, "--output-on-failure"]);
    if hook.jobs.own().is_some() || generator.contains("Ninja") {
        build = build.jobs("--parallel", hook.jobs.own());
    }
    if let Some(jobs) = hook.jobs.own() {
        test = test.args(["--parallel", &jobs]);
    }
    let mut steps = vec![configure, build, test];
    if hook.install().is_some() {
        let install = step(StepName::Install, "cmake")
            .arg("--install")
            .arg(hook.build())
            .args(["--config", build_type]);
        steps.push(install);
    }
    Ok(steps)
}
