//! What CMake is told of a variant, in presets or in toolchain files.
//!
//! All flags go to the variables that hold for every build type, and those of
//! the variant's build type are emptied: CMake's own `-O3 -DNDEBUG` would come on
//! top. The build type is named all the same, because projects and packages ask
//! for it, and choose one of their own where there is none.

pub(super) mod presets;
mod sharing;
pub(super) mod toolchain;

use super::line::{command_words, is_msvc, line};
use super::quote::Unquotable;
use super::spot::Spot;
use crate::error::Error;
use crate::matrix::Variant;
use crate::name::Os;

/// CMake's names of the languages, by the role of their compiler.
const LANGUAGES: [(&str, &str); 3] = [("cc", "C"), ("cxx", "CXX"), ("fc", "Fortran")];

/// What a MinGW links without being told, in CMake's own files.
const MINGW_LIBRARIES: &str = "-lkernel32 -luser32 -lgdi32 -lwinspool -lshell32 -lole32 -loleaut32 -luuid -lcomdlg32 -ladvapi32";

/// A variable of the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Setting {
    name: String,
    value: String,
}

/// CMake's build type that says most of the variant.
#[must_use]
pub fn build_type(variant: &Variant<'_>) -> &'static str {
    let has = |features: &[&str]| {
        let answers = variant.answers.iter();
        let mut on = answers.filter(|answer| answer.support.is_available());
        on.any(|answer| features.contains(&answer.feature.id.as_str()))
    };
    let optimised = has(&["opt.2", "opt.3", "opt.size"]);
    match () {
        () if has(&["debug"]) && optimised => "RelWithDebInfo",
        () if has(&["debug"]) => "Debug",
        () if has(&["opt.size"]) => "MinSizeRel",
        () if optimised || has(&["ndebug"]) => "Release",
        // It has no flags of its own anywhere.
        () => "None",
    }
}

/// Compilers and tools, and everything with flags.
fn settings(variant: &Variant<'_>, spot: Spot<'_>) -> Result<Vec<Setting>, Error> {
    let mut settings = Vec::new();
    let mut set = |name: String, value: String| -> Result<(), Error> {
        if value.contains(['\n', '\r']) {
            return Err(spot.refuse(format_args!("variable `{name}`"), "it has a line break"));
        }
        settings.push(Setting { name, value });
        Ok(())
    };
    let configuration = &variant.configuration;
    let flags = &configuration.flags;
    let build_type = build_type(variant);
    let kind = build_type.to_ascii_uppercase();
    set("CMAKE_BUILD_TYPE".to_owned(), build_type.to_owned())?;
    for (role, language) in LANGUAGES {
        let Some(tool) = configuration.tools.get(role) else {
            continue;
        };
        let name = format!("CMAKE_{language}_COMPILER");
        let words = command_words(tool);
        if words.iter().any(|word| word.contains(';')) {
            let reason = "it has a `;`, which separates the words of a command";
            return Err(spot.refuse(format_args!("variable `{name}`"), reason));
        }
        set(name, words.join(";"))?;
        let name = format!("CMAKE_{language}_FLAGS");
        let mut words = match language {
            "C" => flags.cflags.clone(),
            "CXX" => flags.cxxflags.clone(),
            _ => flags.fflags.clone(),
        };
        if language != "Fortran" {
            words.splice(0..0, flags.cppflags.iter().cloned());
        }
        let words = spot.value(&name, compile_words(variant, &words))?;
        set(format!("{name}_{kind}"), String::new())?;
        set(name, kept(line(variant, &words)))?;
        if let Some(libraries) = standard_libraries(variant, spot, language)? {
            set(format!("CMAKE_{language}_STANDARD_LIBRARIES"), libraries)?;
        }
    }
    let mut link = flags.ldflags.clone();
    if is_msvc(variant) {
        // Its linker does not care for the order.
        link.extend(flags.libs.iter().cloned());
        if link.iter().any(|word| word.contains('$')) {
            let what = "variable `CMAKE_EXE_LINKER_FLAGS`";
            return Err(spot.refuse(
                what,
                "it has a `$`, which MSBuild and Ninja read differently",
            ));
        }
    }
    for output in ["EXE", "SHARED", "MODULE"] {
        let name = format!("CMAKE_{output}_LINKER_FLAGS");
        set(format!("{name}_{kind}"), String::new())?;
        set(name, kept(line(variant, &link)))?;
    }
    let tools = [
        ("ar", "CMAKE_AR"),
        ("ranlib", "CMAKE_RANLIB"),
        ("nm", "CMAKE_NM"),
        ("mpicc", "MPI_C_COMPILER"),
        ("mpicxx", "MPI_CXX_COMPILER"),
        ("mpifc", "MPI_Fortran_COMPILER"),
        ("mpiexec", "MPIEXEC_EXECUTABLE"),
    ];
    for (role, name) in tools {
        if let Some(tool) = configuration.tools.get(role) {
            set(name.to_owned(), tool.clone())?;
        }
    }
    Ok(settings)
}

/// Words for the compiler's variable. Make and Ninja both want a dollar doubled
/// there; in what is also linked with, make's side would take two of them.
fn compile_words(variant: &Variant<'_>, words: &[String]) -> Result<Vec<String>, Unquotable> {
    let is_for_the_preprocessor = |word: &str| {
        ["-D", "-U", "-I"]
            .iter()
            .any(|option| word.starts_with(option))
    };
    let escape = |word: &String| {
        if word.contains("\\#") {
            // CMake escapes the `#` for make, and not what stands before it.
            Err(Unquotable::new(
                "it has a backslash before a `#`, which make and Ninja read differently there",
            ))
        } else if !word.contains('$') {
            Ok(word.clone())
        } else if is_for_the_preprocessor(word) && !is_msvc(variant) {
            Ok(word.replace('$', "$$"))
        } else {
            Err(Unquotable::new(
                "it has a `$`, which make and Ninja read differently there",
            ))
        }
    };
    words.iter().map(escape).collect()
}

/// The libraries after the objects, as the variable for them has them.
fn standard_libraries(
    variant: &Variant<'_>,
    spot: Spot<'_>,
    language: &str,
) -> Result<Option<String>, Error> {
    let libs = &variant.configuration.flags.libs;
    if libs.is_empty() || is_msvc(variant) {
        return Ok(None);
    }
    if libs.iter().any(|word| word.contains('$')) {
        let what = format!("variable `CMAKE_{language}_STANDARD_LIBRARIES`");
        return Err(spot.refuse(what, "it has a `$`, which make and Ninja read differently"));
    }
    let own = line(variant, libs);
    let target = variant.configuration.toolchain.as_ref();
    let is_windows = target.is_some_and(|toolchain| toolchain.target.os == Os::Windows);
    Ok(Some(if is_windows {
        format!("{own} {MINGW_LIBRARIES}")
    } else {
        kept(own)
    }))
}

/// The cache takes single quotes around a whole value away when it is read again.
fn kept(value: String) -> String {
    if value.starts_with('\'') && value.ends_with('\'') {
        format!("\"\"{value}")
    } else {
        value
    }
}
