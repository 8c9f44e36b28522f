//! `meson-native`: a native file a variant.
//!
//! The build type is `plain`, and what adds flags by itself is off: the flags are
//! the variant's.

use std::fmt::Write as _;

use super::line::command_words;
use super::quote::meson;
use super::spot::{Spot, file_each, left_out};
use super::{EmittedFile, Format, comment};
use crate::error::Error;
use crate::matrix::{Expansion, Variant};
use crate::name::{Language, Os};

/// Meson's names of the languages, by the role of their compiler.
const LANGUAGES: [(&str, &str); 3] = [("cc", "c"), ("cxx", "cpp"), ("fc", "fortran")];

/// What would add flags of its own; a project's own default gives way to them.
const PLAIN: &str = "buildtype = 'plain'\n\
    optimization = 'plain'\n\
    debug = false\n\
    b_lto = false\n\
    b_pgo = 'off'\n\
    b_sanitize = 'none'\n\
    b_coverage = false\n";

pub(super) fn files(expansion: &Expansion<'_>) -> Result<Vec<EmittedFile>, Error> {
    let name = |variant: &str| format!("{variant}.ini");
    file_each(Format::MesonNative, expansion, name, native_file)
}

fn native_file(variant: &Variant<'_>, spot: Spot<'_>) -> Result<String, Error> {
    let mut text = format!("# {}\n", comment(Format::MesonNative));
    let configuration = &variant.configuration;
    let flags = &configuration.flags;
    text.push_str(&left_out(variant, "#", |name| name == "PKG_CONFIG_PATH"));
    let set = |text: &mut String, name: &str, words: &[String]| -> Result<(), Error> {
        let quoted: Vec<String> = words
            .iter()
            .map(|word| spot.value(name, meson(word)))
            .collect::<Result<_, _>>()?;
        writeln!(text, "{name} = [{}]", quoted.join(", ")).expect("writing to a String works");
        Ok(())
    };
    let owned = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect::<Vec<_>>();
    let tools = LANGUAGES.into_iter().chain([("ar", "ar")]);
    text.push_str("\n[binaries]\n");
    for (role, name) in tools {
        if let Some(tool) = configuration.tools.get(role) {
            set(&mut text, name, &owned(command_words(tool)))?;
        }
    }
    text.push_str("\n[built-in options]\n");
    text.push_str(PLAIN);
    let has = |wanted: &dyn Fn(&str, Language) -> bool| {
        let answers = variant.answers.iter();
        let mut on = answers.filter(|answer| answer.support.is_available());
        on.any(|answer| wanted(&answer.feature.id, answer.language))
    };
    let ndebug = has(&|feature, _| feature == "ndebug");
    writeln!(text, "b_ndebug = '{ndebug}'").expect("writing to a String works");
    let link: Vec<String> = flags.ldflags.iter().chain(&flags.libs).cloned().collect();
    for (role, name) in LANGUAGES {
        if !configuration.tools.contains_key(role) {
            continue;
        }
        let (cpp, own, language) = match name {
            "c" => (flags.cppflags.as_slice(), &flags.cflags, Language::C),
            "cpp" => (flags.cppflags.as_slice(), &flags.cxxflags, Language::Cxx),
            _ => (&[][..], &flags.fflags, Language::Fortran),
        };
        let arguments: Vec<String> = cpp.iter().chain(own).cloned().collect();
        set(&mut text, &format!("{name}_args"), &arguments)?;
        set(&mut text, &format!("{name}_link_args"), &link)?;
        if has(&|feature, of| of == language && feature.starts_with("std.")) {
            writeln!(text, "{name}_std = 'none'").expect("writing to a String works");
        }
    }
    if let Some(path) = configuration.env.get("PKG_CONFIG_PATH") {
        let target = configuration
            .toolchain
            .as_ref()
            .map(|known| known.target.os);
        let separator = if target == Some(Os::Windows) {
            ';'
        } else {
            ':'
        };
        let directories: Vec<String> = path.split(separator).map(str::to_owned).collect();
        set(&mut text, "pkg_config_path", &directories)?;
    }
    text.push_str("\n[properties]\n");
    for (name, value) in [
        ("cfgmatrix_variant", &variant.name),
        ("cfgmatrix_id", &configuration.id),
    ] {
        let quoted = spot.say("the name", meson(value))?;
        writeln!(text, "{name} = {quoted}").expect("writing to a String works");
    }
    Ok(text)
}
