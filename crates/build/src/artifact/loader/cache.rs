//! `/etc/ld.so.cache`: which files `ldconfig` found, by name.

use std::collections::HashMap;
use std::path::PathBuf;

/// Where the newer format begins, which may follow the older one in the file.
const MAGIC: &[u8] = b"glibc-ld.so.cache1.1";

/// The older format.
const OLD: &[u8] = b"ld.so-1.7.0\0";

/// Size of the newer format's header, in bytes.
const HEADER: usize = 48;

/// Size of an entry: flags, name, path, OS version; then eight bytes of hwcap.
const ENTRY: usize = 24;

/// Marks a hwcap that is the index of a name.
const NAMED: u32 = 1 << 30;

/// How the list of extensions begins.
const EXTENSIONS: u32 = 0xeaa4_2174;

/// The extension that holds the names of `glibc-hwcaps` directories.
const HWCAPS: u32 = 1;

/// What the cache says.
#[derive(Debug, Default)]
pub(super) struct Cache {
    entries: HashMap<String, Vec<Entry>>,
}

#[derive(Debug)]
struct Entry {
    path: PathBuf,
    /// The `glibc-hwcaps` directory it is for.
    hwcap: Option<String>,
}

impl Cache {
    /// Understands a cache; one of another format is as good as none.
    pub(super) fn parse(bytes: &[u8]) -> Self {
        Self::entries(bytes).unwrap_or_default()
    }

    /// The files of a name, in the order in which the loader prefers them on a
    /// machine with these `glibc-hwcaps`, best first.
    pub(super) fn find<'a>(
        &'a self,
        name: &str,
        hwcaps: &'a [String],
    ) -> impl Iterator<Item = &'a PathBuf> {
        let mut found: Vec<_> = self
            .entries
            .get(name)
            .into_iter()
            .flatten()
            .filter_map(|entry| match &entry.hwcap {
                None => Some((hwcaps.len(), &entry.path)),
                Some(name) => {
                    let rank = hwcaps.iter().position(|hwcap| hwcap == name)?;
                    Some((rank, &entry.path))
                }
            })
            .collect();
        // Stable: entries of one rank stay as the file has them.
        found.sort_by_key(|&(rank, _)| rank);
        found.into_iter().map(|(_, path)| path)
    }

    fn entries(bytes: &[u8]) -> Option<Self> {
        let bytes = newer(bytes)?;
        let big = match bytes.get(28)? & 3 {
            2 => false,
            3 => true,
            _ => cfg!(target_endian = "big"),
        };
        let word = |at: usize| -> Option<u32> {
            let word: [u8; 4] = bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
            Some(if big {
                u32::from_be_bytes(word)
            } else {
                u32::from_le_bytes(word)
            })
        };
        let size = |at| usize::try_from(word(at)?).ok();
        let text = |at: usize| -> Option<String> {
            let rest = bytes.get(at..)?;
            let end = rest.iter().position(|&b| b == 0)?;
            String::from_utf8(rest[..end].to_vec()).ok()
        };
        let mut hwcaps = Vec::new();
        let extensions = size(32)?;
        if extensions != 0 && word(extensions) == Some(EXTENSIONS) {
            for number in 0..size(extensions + 4)?.min(64) {
                let section = extensions + 8 + number * 16;
                if word(section)? == HWCAPS {
                    let (start, length) = (size(section + 8)?, size(section + 12)?);
                    for at in 0..length.min(bytes.len()) / 4 {
                        hwcaps.push(text(size(start + at * 4)?)?);
                    }
                }
            }
        }
        let count = size(20)?;
        let mut cache = Self::default();
        for number in 0..count.min(bytes.len() / ENTRY) {
            let at = HEADER + number * ENTRY;
            let (Some(name), Some(path)) = (text(size(at + 4)?), text(size(at + 8)?)) else {
                continue;
            };
            let halves = (word(at + 16)?, word(at + 20)?);
            let (low, high) = if big { (halves.1, halves.0) } else { halves };
            let hwcap = if high & NAMED != 0 {
                let Some(name) = usize::try_from(low).ok().and_then(|at| hwcaps.get(at)) else {
                    continue;
                };
                Some(name.clone())
            } else if low != 0 || high != 0 {
                // Directories of glibc before 2.33, which depend on bits of the processor.
                continue;
            } else {
                None
            };
            cache.entries.entry(name).or_default().push(Entry {
                path: path.into(),
                hwcap,
            });
        }
        Some(cache)
    }
}

fn newer(bytes: &[u8]) -> Option<&[u8]> {
    if bytes.starts_with(MAGIC) {
        return Some(bytes);
    }
    // What follows the older entries begins at a multiple of eight bytes.
    let count = bytes.get(OLD.len()..OLD.len() + 4)?;
    if !bytes.starts_with(OLD) {
        return None;
    }
    let count = usize::try_from(u32::from_ne_bytes(count.try_into().ok()?)).ok()?;
    let end = count.checked_mul(12)?.checked_add(OLD.len() + 4)?;
    let rest = bytes.get(end.next_multiple_of(8)..)?;
    rest.starts_with(MAGIC).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A cache as `ldconfig` writes it: names, paths, and an index of hwcap.
    fn written(rows: &[(&str, &str, Option<u32>)], hwcaps: &[&str]) -> Vec<u8> {
        let mut strings = Vec::new();
        let base = HEADER + rows.len() * ENTRY;
        let mut put = |text: &str| {
            let at = base + strings.len();
            strings.extend(text.as_bytes());
            strings.push(0);
            u32::try_from(at).unwrap()
        };
        let mut entries = Vec::new();
        for (name, path, hwcap) in rows {
            entries.extend(0x0303u32.to_le_bytes());
            entries.extend(put(name).to_le_bytes());
            entries.extend(put(path).to_le_bytes());
            entries.extend(0u32.to_le_bytes());
            entries.extend(hwcap.unwrap_or(0).to_le_bytes());
            entries.extend(hwcap.map_or(0, |_| NAMED).to_le_bytes());
        }
        let names: Vec<u32> = hwcaps.iter().map(|name| put(name)).collect();
        strings.resize(strings.len().next_multiple_of(4), 0);
        let extensions = u32::try_from(base + strings.len()).unwrap();
        let mut bytes = MAGIC.to_vec();
        bytes.extend(u32::try_from(rows.len()).unwrap().to_le_bytes());
        bytes.extend(u32::try_from(strings.len()).unwrap().to_le_bytes());
        bytes.extend([2, 0, 0, 0]);
        bytes.extend(extensions.to_le_bytes());
        bytes.resize(HEADER, 0);
        bytes.extend(entries);
        bytes.extend(strings);
        for word in [EXTENSIONS, 1, HWCAPS, 0, extensions + 24] {
            bytes.extend(word.to_le_bytes());
        }
        bytes.extend(u32::try_from(names.len() * 4).unwrap().to_le_bytes());
        for name in names {
            bytes.extend(name.to_le_bytes());
        }
        bytes
    }

    fn rows() -> Vec<u8> {
        written(
            &[
                ("liba.so.1", "/v3/liba.so.1", Some(1)),
                ("liba.so.1", "/v2/liba.so.1", Some(0)),
                ("liba.so.1", "/plain/liba.so.1", None),
                ("libb.so.1", "/plain/libb.so.1", None),
            ],
            &["x86-64-v2", "x86-64-v3"],
        )
    }

    fn found(cache: &Cache, name: &str, hwcaps: &[&str]) -> Vec<String> {
        let hwcaps: Vec<String> = hwcaps.iter().map(|&name| name.to_owned()).collect();
        cache
            .find(name, &hwcaps)
            .map(|path| path.display().to_string())
            .collect()
    }

    #[test]
    fn better_processors_get_better_files() {
        let cache = Cache::parse(&rows());
        assert_eq!(
            found(&cache, "liba.so.1", &["x86-64-v3", "x86-64-v2"]),
            ["/v3/liba.so.1", "/v2/liba.so.1", "/plain/liba.so.1"]
        );
        assert_eq!(
            found(&cache, "liba.so.1", &["x86-64-v2"]),
            ["/v2/liba.so.1", "/plain/liba.so.1"]
        );
        assert_eq!(found(&cache, "liba.so.1", &[]), ["/plain/liba.so.1"]);
        assert!(found(&cache, "libc.so.6", &[]).is_empty());
    }

    #[test]
    fn the_older_format_may_stand_before() {
        let mut bytes = OLD.to_vec();
        bytes.extend(1u32.to_ne_bytes());
        bytes.extend([0; 12]);
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        bytes.extend(rows());
        let cache = Cache::parse(&bytes);
        assert_eq!(found(&cache, "libb.so.1", &[]), ["/plain/libb.so.1"]);
    }

    #[test]
    fn a_broken_cache_never_panics() {
        let bytes = rows();
        for end in 0..bytes.len() {
            let _cut = Cache::parse(&bytes[..end]);
        }
        for at in 0..bytes.len() {
            let mut bytes = bytes.clone();
            bytes[at] = 0xff;
            let _damaged = Cache::parse(&bytes);
        }
    }
}
