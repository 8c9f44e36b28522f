//! The command. The environment and the arguments are read here and handed down.

use std::path::PathBuf;
use std::process::ExitCode;

use cfgmatrix::cli::{self, Surroundings};
use cfgmatrix::core::Target;

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads the environment"
)]
fn main() -> ExitCode {
    #[cfg(unix)]
    if std::env::args_os()
        .skip(1)
        .eq([cfgmatrix_build::run::KEEPER])
    {
        return cfgmatrix_build::run::keep(&std::env::vars_os().collect::<Vec<_>>());
    }
    let variable = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    let configuration = if cfg!(windows) {
        variable("APPDATA")
    } else if cfg!(target_os = "macos") {
        variable("XDG_CONFIG_HOME").or_else(|| {
            Some(
                variable("HOME")?
                    .join("Library")
                    .join("Application Support"),
            )
        })
    } else {
        variable("XDG_CONFIG_HOME").or_else(|| Some(variable("HOME")?.join(".config")))
    };
    let cache = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("XDG_CACHE_HOME")
            .or_else(|| Some(variable("HOME")?.join("Library").join("Caches")))
    } else {
        variable("XDG_CACHE_HOME").or_else(|| Some(variable("HOME")?.join(".cache")))
    };
    let target = match (std::env::consts::OS.parse(), std::env::consts::ARCH.parse()) {
        (Ok(os), Ok(arch)) => Some(Target { os, arch }),
        _ => None,
    };
    let surroundings = Surroundings {
        user_layer: configuration.map(|directory| directory.join("cfgmatrix").join("toolchains")),
        host: target,
        cache: cache.map(|directory| directory.join("cfgmatrix")),
        environment: std::env::vars_os().collect(),
        program: if cfg!(target_os = "linux") {
            // It is this program even if its file is replaced meanwhile.
            Some("/proc/self/exe".into())
        } else {
            std::env::current_exe().ok()
        },
    };
    cli::run(std::env::args_os(), &surroundings)
}
