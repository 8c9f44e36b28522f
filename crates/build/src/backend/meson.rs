//! Meson: a native file.

use cfgmatrix_core::emit::Format;

use super::hook::Hook;
use super::{BackendError, Step};
use crate::outcome::StepName;

pub(super) fn steps(hook: &Hook<'_, '_>) -> Result<Vec<Step>, BackendError> {
    let native = hook.emitted(Format::MesonNative, "native.ini")?;
    let step = |name| Step::new(name, "meson", hook.build());
    let mut configure = step(StepName::Configure)
        .arg("setup")
        .joined("--native-file=", native);
    if let Some(prefix) = hook.install() {
        configure = configure.joined("--prefix=", prefix);
    }
    if hook.build().join("meson-private/coredata.dat").is_file() {
        configure = configure.arg("--reconfigure");
    }
    let configure = configure.arg(hook.build()).arg(hook.source());
    // Ninja takes part in a jobserver from 1.13 on only, and there not in one of
    // pipes: unless it is told, each starts as many compilers as there are cores.
    let build = step(StepName::Build)
        .arg("compile")
        .arg("-C")
        .arg(hook.build())
        .jobs("-j", hook.jobs.own());
    let test = step(StepName::Test)
        .arg("test")
        .arg("-C")
        .arg(hook.build())
        .args(["--no-rebuild", "--print-errorlogs", "--num-processes"])
        .arg(hook.jobs.own().unwrap_or_else(|| "1".to_owned()));
    let mut steps = vec![configure, build, test];
    if hook.install().is_some() {
        let install = step(StepName::Install)
            .arg("install")
            .arg("-C")
            .arg(hook.build())
            .arg("--no-rebuild");
        steps.push(install);
    }
    Ok(steps)
}
