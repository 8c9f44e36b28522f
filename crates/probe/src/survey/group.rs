//! Toolchains out of drivers.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cfgmatrix_core::{ExecutableName, HostBase, HostDriver, HostToolchain, Version};

use super::compilers::{Driver, arguments_key};
use super::find::Candidate;
use super::{Context, text};

/// Puts the drivers of one toolchain together: one family at one version for
/// one target, in one directory, with the same marks around their names.
pub(super) fn group(context: &Context<'_>, drivers: Vec<Driver>) -> Vec<HostToolchain> {
    type Key = (
        String,
        Option<Version>,
        Option<PathBuf>,
        (String, String),
        String,
    );
    let mut groups: BTreeMap<Key, Vec<Driver>> = BTreeMap::new();
    for driver in drivers {
        let examined = &driver.examined;
        let key = (
            examined.family.clone(),
            examined.version.clone(),
            driver.candidate.realpath.parent().map(PathBuf::from),
            driver.candidate.decoration.clone(),
            own_arguments(&driver.candidate),
        );
        groups.entry(key).or_default().push(driver);
    }
    let mut toolchains: Vec<HostToolchain> = groups
        .into_values()
        .flat_map(by_target)
        .filter_map(|drivers| toolchain(context, drivers))
        .collect();
    toolchains.sort_by(|a, b| {
        let key = |toolchain: &HostToolchain| {
            let first = toolchain
                .drivers
                .values()
                .next()
                .map(|driver| driver.path.clone());
            (
                toolchain.family.clone(),
                toolchain.version.clone(),
                toolchain.target.clone(),
                first,
            )
        };
        key(a).cmp(&key(b))
    });
    toolchains
}

/// Drivers for different targets are different toolchains; one that does not
/// tell its target (a Fortran driver that is known by its banner) goes with the
/// first of them.
fn by_target(drivers: Vec<Driver>) -> Vec<Vec<Driver>> {
    let mut groups: Vec<(Option<String>, Vec<Driver>)> = Vec::new();
    let (telling, silent): (Vec<Driver>, Vec<Driver>) = drivers
        .into_iter()
        .partition(|driver| driver.examined.target.is_some());
    for driver in telling {
        match groups
            .iter_mut()
            .find(|(target, _)| *target == driver.examined.target)
        {
            Some((_, group)) => group.push(driver),
            None => groups.push((driver.examined.target.clone(), vec![driver])),
        }
    }
    match groups.first_mut() {
        Some((_, group)) => group.extend(silent),
        None if !silent.is_empty() => groups.push((None, silent)),
        None => {}
    }
    groups.into_iter().map(|(_, group)| group).collect()
}

/// Arguments that a user gave (`-m32`): they make another toolchain. Those that
/// choose the language (`zig cc`, `zig c++`) do not.
fn own_arguments(candidate: &Candidate) -> String {
    let first = candidate
        .arguments
        .first()
        .map(|argument| argument.to_string_lossy());
    match first {
        Some(first) if first.starts_with('-') => arguments_key(candidate),
        _ => String::new(),
    }
}

fn toolchain(context: &Context<'_>, mut drivers: Vec<Driver>) -> Option<HostToolchain> {
    let family = context
        .known
        .family(&drivers.first()?.examined.family)
        .ok()?;
    // Of several drivers of one language the one of the family's usual name.
    drivers.sort_by_key(|driver| {
        let candidate = &driver.candidate;
        let usual = family.driver(candidate.language).unwrap_or_default();
        let file = candidate
            .path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let is_usual = ExecutableName::around(&file, usual).is_some();
        (candidate.language, !is_usual, candidate.path.clone())
    });
    // What tells its target speaks for the others.
    let first = drivers
        .iter()
        .find(|driver| driver.examined.target.is_some())
        .or(drivers.first())
        .map(|driver| &driver.examined)?;
    let host = context.options.host;
    let system = match first.target.as_deref() {
        Some(target) => family.system_of(target),
        None => family.targets.contains(&host).then_some(host),
    };
    let mut result = HostToolchain {
        family: first.family.clone(),
        version: first.version.clone(),
        base: first
            .base
            .clone()
            .map(|(family, version)| HostBase { family, version }),
        target: first.target.clone(),
        system,
        product: first.product.clone(),
        decided_by: first.decided_by.clone(),
        c_library: None,
        cxx_library: None,
        drivers: BTreeMap::new(),
        features: Vec::new(),
    };
    for driver in drivers {
        let Driver {
            candidate,
            examined,
            features,
        } = driver;
        if result.drivers.contains_key(&candidate.language) {
            continue;
        }
        let Some(recorded) = record(context, &candidate) else {
            context.warn(format!(
                "{} is left out: its path is no text that a report could hold",
                candidate.path.display()
            ));
            continue;
        };
        result.c_library = result.c_library.or(examined.c_library);
        result.cxx_library = result.cxx_library.or(examined.cxx_library);
        result.drivers.insert(candidate.language, recorded);
        result.features.extend(features);
    }
    result
        .features
        .sort_by(|a, b| (&a.feature, a.language).cmp(&(&b.feature, b.language)));
    (!result.drivers.is_empty()).then_some(result)
}

fn record(context: &Context<'_>, candidate: &Candidate) -> Option<HostDriver> {
    let arguments: Option<Vec<String>> = candidate
        .arguments
        .iter()
        .map(|argument| argument.to_str().map(str::to_owned))
        .collect();
    let env: Option<BTreeMap<String, String>> = candidate
        .environment
        .iter()
        .map(|(name, value)| Some((name.to_str()?.to_owned(), value.to_str()?.to_owned())))
        .collect();
    Some(HostDriver {
        path: text(&candidate.path)?,
        arguments: arguments?,
        realpath: text(&candidate.realpath)?,
        sha256: context.sha256(&candidate.realpath)?,
        aliases: candidate
            .aliases
            .iter()
            .filter_map(|path| text(path))
            .collect(),
        wrappers: candidate.wrappers.clone(),
        env: env?,
    })
}
