//! `cfgmatrix identify`

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::{Path, PathBuf};

use cfgmatrix_core::{Identification, KnowledgeBase, Language, emit::FORMAT_VERSION};
use cfgmatrix_probe::{CompilerCommand, Examination, IdentifyError};
use clap::Args;
use serde::Serialize;

use super::output::{Format, HEADING, Output, styled};
use super::{Error, exit};
use crate::files;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// What the compiler printed, in a file; `-` for standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "compiler")]
    banner: Option<PathBuf>,
    /// How to print it.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// The compiler to ask, and arguments that are part of its name (`zig cc`).
    #[arg(
        value_name = "PATH [ARGS…]",
        required_unless_present = "banner",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    compiler: Vec<OsString>,
}

#[derive(Serialize)]
struct IdentifyJson<'a> {
    format_version: u32,
    family: Option<&'a str>,
    version: Option<String>,
    base: Option<BaseJson<'a>>,
    target: Option<&'a str>,
    product: Option<&'a str>,
    /// Default libraries, where the compiler was asked and tells.
    c_library: Option<&'a str>,
    cxx_library: Option<&'a str>,
    decided_by: &'a str,
}

#[derive(Serialize)]
struct BaseJson<'a> {
    family: &'a str,
    version: Option<String>,
}

impl<'a> IdentifyJson<'a> {
    fn new(examined: &'a Examination) -> Self {
        let found = &examined.identification;
        Self {
            format_version: FORMAT_VERSION,
            family: Some(&found.family),
            version: found.version.as_ref().map(ToString::to_string),
            base: found.base.as_ref().map(|(family, version)| BaseJson {
                family,
                version: version.as_ref().map(ToString::to_string),
            }),
            target: found.target.as_deref(),
            product: found.product.as_deref(),
            c_library: examined.c_library.as_deref(),
            cxx_library: examined.cxx_library.as_deref(),
            decided_by: &found.decided_by,
        }
    }
}

pub(super) fn run(
    arguments: &Arguments,
    known: &KnowledgeBase,
    output: &mut Output,
) -> Result<u8, Error> {
    let found = match &arguments.banner {
        Some(path) => identify_banner(known, path)?
            .map(Examination::from)
            .map_err(|(reason, what)| (reason, Error::Nothing { what })),
        None => {
            let (program, rest) = arguments
                .compiler
                .split_first()
                .expect("clap requires it where no banner is given");
            let path = executable(program);
            match examine_any(known, &path, rest) {
                Err(Error::Identify(error @ IdentifyError::Unidentified { .. })) => {
                    Err((error.to_string(), Error::Identify(error)))
                }
                other => Ok(other?),
            }
        }
    };
    match found {
        Ok(found) => {
            write(&found, arguments.format, output)?;
            Ok(exit::OK)
        }
        Err((reason, error)) => {
            if matches!(arguments.format, Format::Json) {
                let nothing = IdentifyJson {
                    format_version: FORMAT_VERSION,
                    family: None,
                    version: None,
                    base: None,
                    target: None,
                    product: None,
                    c_library: None,
                    cxx_library: None,
                    decided_by: &reason,
                };
                output.json(&nothing)?;
                output.flush()?;
            }
            Err(error)
        }
    }
}

/// The identification, or the reason alone and with the banner's name.
fn identify_banner(
    known: &KnowledgeBase,
    path: &Path,
) -> Result<Result<Identification, (String, String)>, Error> {
    let (banner, name) = if path.as_os_str() == "-" {
        let name = "standard input".to_owned();
        (files::read_banner(io::stdin(), &name)?, name)
    } else {
        (files::read_banner_file(path)?, path.display().to_string())
    };
    if banner.trim().is_empty() {
        let reason = "the banner is empty".to_owned();
        let what = format!("{name} is empty, expected what a compiler prints, as with `--version`");
        return Ok(Err((reason, what)));
    }
    let found = known.identify_banner(&banner)?;
    Ok(found.map_err(|reason| (reason.to_string(), format!("{name}: {reason}"))))
}

/// The file that a command would start; what is no command stays as it was
/// named, but whole, for it is started in another directory.
pub(super) fn executable(program: &OsStr) -> PathBuf {
    which::which(program).unwrap_or_else(|_| {
        let path = PathBuf::from(program);
        if path.components().count() < 2 {
            return path;
        }
        std::path::absolute(&path).unwrap_or(path)
    })
}

/// Asks an executable what it is, as [`examine_any`].
pub(super) fn identify_any(
    known: &KnowledgeBase,
    program: &Path,
    arguments: &[OsString],
) -> Result<Identification, Error> {
    Ok(examine_any(known, program, arguments)?.identification)
}

/// Asks an executable as a compiler of C, then of Fortran: a Fortran compiler
/// may not take C, and what it is does not depend on the language. One that
/// compiles C++ too is asked for that language's library.
fn examine_any(
    known: &KnowledgeBase,
    program: &Path,
    arguments: &[OsString],
) -> Result<Examination, Error> {
    let mut command = CompilerCommand::new(program);
    command.arguments = arguments.to_vec();
    let mut found = match command.examine(known, Language::C) {
        Err(IdentifyError::Unidentified { .. }) => {
            return Ok(command.examine(known, Language::Fortran)?);
        }
        other => other?,
    };
    if found.c_library.is_some()
        && let Ok(cxx) = command.examine(known, Language::Cxx)
    {
        found.cxx_library = cxx.cxx_library;
    }
    Ok(found)
}

fn write(examined: &Examination, format: Format, output: &mut Output) -> Result<(), Error> {
    if matches!(format, Format::Json) {
        return output.json(&IdentifyJson::new(examined));
    }
    let found = &examined.identification;
    let version = |version: Option<&cfgmatrix_core::Version>| {
        version.map_or_else(|| "of unknown version".to_owned(), ToString::to_string)
    };
    output.line(styled(
        HEADING,
        format!("{} {}", found.family, version(found.version.as_ref())),
    ))?;
    if let Some((family, base)) = &found.base {
        output.line(format!(
            "  built from   {family} {}",
            version(base.as_ref())
        ))?;
    }
    for (name, value) in [
        ("target", &found.target),
        ("product", &found.product),
        ("C library", &examined.c_library),
        ("C++ library", &examined.cxx_library),
    ] {
        if let Some(value) = value {
            output.line(format!("  {name:<11}  {value}"))?;
        }
    }
    output.line(format!("  decided by   {}", found.decided_by))
}
