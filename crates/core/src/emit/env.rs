//! `env`: the environment of each variant, for a shell to read in.

use super::environment::environment;
use super::quote::{self, Unquotable};
use super::spot::{Spot, file_each};
use super::{EmitOptions, EmittedFile, Format, Shell, comment};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};

/// Ends the script where a caller has switched on what takes `!` for its own.
const NO_DELAYED_EXPANSION: &str =
    "@if \"!!\"==\"\" (echo this file needs delayed expansion off& exit /b 1)\r\n";

pub(super) fn files(
    expansion: &Expansion<'_>,
    options: &EmitOptions,
) -> Result<Vec<EmittedFile>, Error> {
    let extension = match options.shell {
        Shell::Sh => "sh",
        Shell::Fish => "fish",
        Shell::Powershell => "ps1",
        Shell::Cmd => "cmd",
    };
    let name = |variant: &str| format!("{variant}.{extension}");
    file_each(
        Format::Env,
        expansion,
        name,
        |variant, spot| match options.shell {
            Shell::Sh => sh(variant, spot),
            Shell::Fish => fish(variant, spot),
            Shell::Powershell => powershell(variant, spot),
            Shell::Cmd => cmd(variant, spot),
        },
    )
}

/// A comment and a line a variable, each written by `line` from name and value.
fn lines(
    variant: &Variant<'_>,
    spot: Spot<'_>,
    line: impl Fn(&str, &str) -> Result<String, Unquotable>,
) -> Result<String, Error> {
    let mut text = format!("# {}\n", comment(Format::Env));
    for (name, value) in environment(variant) {
        let written = line(spot.identifier(&name)?, &value);
        text.push_str(&spot.value(&name, written)?);
        text.push('\n');
    }
    Ok(text)
}

fn sh(variant: &Variant<'_>, spot: Spot<'_>) -> Result<String, Error> {
    lines(variant, spot, |name, value| {
        Ok(format!("export {name}={}", quote::posix(value)))
    })
}

fn fish(variant: &Variant<'_>, spot: Spot<'_>) -> Result<String, Error> {
    lines(variant, spot, |name, value| {
        Ok(format!("set -gx {name} {}", quote::fish(value)))
    })
}

fn powershell(variant: &Variant<'_>, spot: Spot<'_>) -> Result<String, Error> {
    lines(variant, spot, |name, value| {
        Ok(format!("$env:{name} = {}", quote::powershell(value)?))
    })
}

/// Lines end as the interpreter wants them, and nothing is echoed.
fn cmd(variant: &Variant<'_>, spot: Spot<'_>) -> Result<String, Error> {
    let variables = environment(variant);
    let mut text = format!("@rem {}\r\n", comment(Format::Env));
    if variables.iter().any(|(_, value)| value.contains('!')) {
        text.push_str(NO_DELAYED_EXPANSION);
    }
    // The file is UTF-8; the user's code page comes back when it has been read.
    let is_ascii = variables.iter().all(|(_, value)| value.is_ascii());
    if !is_ascii {
        text.push_str("@for /f \"tokens=2 delims=:.\" %%p in ('chcp') do @set \"CFGMATRIX_CODE_PAGE=%%p\"\r\n@chcp 65001 >nul\r\n");
    }
    for (name, value) in &variables {
        let quoted = spot.value(name, quote::cmd(value))?;
        text.push_str(&format!("@set \"{}={quoted}\"\r\n", spot.identifier(name)?));
    }
    if !is_ascii {
        text.push_str("@chcp %CFGMATRIX_CODE_PAGE% >nul\r\n@set \"CFGMATRIX_CODE_PAGE=\"\r\n");
    }
    Ok(text)
}
