//! The environment that a build is given.

use super::line::{command, line};
use crate::matrix::Variant;

/// Variables and values, in a fixed order: tools, flags, the configuration's
/// own, those of the running program, and what the variant is. A tool or flags
/// that a configuration does not have are left out; what it says itself stays,
/// even if it is empty. The directories of the sources and of the build
/// (`CFGMATRIX_SOURCE`, `CFGMATRIX_BUILD`) are added by whoever starts a build.
///
/// A flag with a character that means something to a shell is quoted as a POSIX
/// shell would, and for Windows as its command line is: make, autoconf, CMake,
/// Meson and setuptools all read these variables so.
#[must_use]
pub fn environment(variant: &Variant<'_>) -> Vec<(String, String)> {
    let configuration = &variant.configuration;
    let flags = &configuration.flags;
    let tool = |role: &str| {
        let tool = configuration.tools.get(role);
        tool.map_or_else(String::new, |tool| command(variant, tool))
    };
    let fixed = [
        ("CC", tool("cc")),
        ("CXX", tool("cxx")),
        ("FC", tool("fc")),
        ("F77", tool("fc")),
        ("CPPFLAGS", line(variant, &flags.cppflags)),
        ("CFLAGS", line(variant, &flags.cflags)),
        ("CXXFLAGS", line(variant, &flags.cxxflags)),
        ("FFLAGS", line(variant, &flags.fflags)),
        ("FCFLAGS", line(variant, &flags.fflags)),
        ("LDFLAGS", line(variant, &flags.ldflags)),
        ("LDLIBS", line(variant, &flags.libs)),
        ("LIBS", line(variant, &flags.libs)),
        ("AR", tool("ar")),
        ("RANLIB", tool("ranlib")),
        ("NM", tool("nm")),
        ("MPICC", tool("mpicc")),
        ("MPICXX", tool("mpicxx")),
        ("MPIFC", tool("mpifc")),
        ("MPIEXEC", tool("mpiexec")),
    ];
    let fixed = fixed
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value));
    let own = [
        ("CFGMATRIX_VARIANT", variant.name.clone()),
        ("CFGMATRIX_ID", configuration.id.clone()),
    ];
    let own = own.map(|(name, value)| (name.to_owned(), value));
    let said = configuration.env.iter().chain(&configuration.run_env);
    let said = said.map(|(name, value)| (name.clone(), value.clone()));
    let mut variables: Vec<(String, String)> = Vec::new();
    for (name, value) in fixed.chain(said).chain(own) {
        // What the configuration says itself has the last word.
        match variables.iter_mut().find(|(earlier, _)| *earlier == name) {
            Some((_, earlier)) => *earlier = value,
            None => variables.push((name, value)),
        }
    }
    variables
}
