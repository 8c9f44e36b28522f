//! `cmake-toolchain`: a toolchain file a variant.

use std::fmt::Write as _;

use super::super::quote::cmake;
use super::super::spot::{Spot, file_each, left_out};
use super::super::{EmittedFile, Format, comment};
use super::settings;
use crate::error::Error;
use crate::matrix::{Expansion, Variant};
use crate::name::{Arch, Os, Target};

pub(in super::super) fn files(expansion: &Expansion<'_>) -> Result<Vec<EmittedFile>, Error> {
    let name = |variant: &str| format!("{variant}.cmake");
    file_each(Format::CmakeToolchain, expansion, name, toolchain)
}

fn toolchain(variant: &Variant<'_>, spot: Spot<'_>) -> Result<String, Error> {
    let mut text = format!("# {}\n", comment(Format::CmakeToolchain));
    let configuration = &variant.configuration;
    text.push_str(&left_out(variant, "#", |name| {
        configuration.env.contains_key(name)
    }));
    if let Some(toolchain) = &configuration.toolchain {
        text.push_str(&cross(toolchain.target));
    }
    // The file is read again for every trial; the environment is that of configuring.
    for (name, value) in &configuration.env {
        let name = spot.identifier(name)?;
        writeln!(text, "set(ENV{{{name}}} {})", cmake(value)).expect("writing to a String works");
    }
    for setting in settings(variant, spot)? {
        let (name, value) = (&setting.name, setting.value.as_str());
        if name.ends_with("_COMPILER") && name.starts_with("CMAKE_") {
            let words: Vec<String> = value.split(';').map(cmake).collect();
            writeln!(text, "set({name} {})", words.join(" "))
        } else {
            // As a default: the command line has the last word.
            writeln!(text, "set({name} {} CACHE STRING \"\")", cmake(value))
        }
        .expect("writing to a String works");
    }
    Ok(text)
}

/// Says what is built for, where that is another system: CMake takes any system
/// that it is told for another one.
fn cross(target: Target) -> String {
    let system = match target.os {
        Os::Linux => "Linux",
        Os::Macos => "Darwin",
        Os::Windows => "Windows",
        Os::Freebsd => "FreeBSD",
        Os::Openbsd => "OpenBSD",
        Os::Netbsd => "NetBSD",
        Os::Solaris => "SunOS",
        Os::Aix => "AIX",
        Os::Android => "Android",
    };
    // The processor, and what a host of it may call it.
    let (processor, hosts) = match target.arch {
        Arch::X86 => ("i686", "i[3-6]86|x86|X86"),
        Arch::X86_64 => ("x86_64", "x86_64|amd64|AMD64"),
        Arch::Arm => ("arm", "arm.*"),
        Arch::Aarch64 => ("aarch64", "aarch64|arm64|ARM64"),
        Arch::Ppc64 => ("ppc64", "ppc64|powerpc|powerpc64"),
        Arch::Ppc64le => ("ppc64le", "ppc64le|powerpc64le"),
        Arch::Riscv64 => ("riscv64", "riscv64"),
        Arch::S390x => ("s390x", "s390x"),
        Arch::Sparc64 => ("sparc64", "sparc.*|sun4.*"),
    };
    format!(
        "if(NOT CMAKE_HOST_SYSTEM_NAME STREQUAL \"{system}\" OR NOT CMAKE_HOST_SYSTEM_PROCESSOR MATCHES \"^({hosts})$\")\n  \
         set(CMAKE_SYSTEM_NAME \"{system}\")\n  \
         set(CMAKE_SYSTEM_PROCESSOR \"{processor}\")\n\
         endif()\n"
    )
}
