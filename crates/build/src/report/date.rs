//! A moment, a time and an amount of memory in words.

/// A moment in UTC as ISO 8601 has it, `2026-11-26T17:15:41Z`.
pub(super) fn iso(unix: u64) -> String {
    // A year begins in March here, so that its odd day is its last.
    let (days, seconds) = (unix / 86_400 + 719_468, unix % 86_400);
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months + 2) / 5 + 1;
    let (month, year) = if months < 10 {
        (months + 3, era * 400 + year_of_era)
    } else {
        (months - 9, era * 400 + year_of_era + 1)
    };
    let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

/// The same for people: `2026-11-26 17:15 UTC`.
pub(super) fn readable(unix: u64) -> String {
    let iso = iso(unix);
    match iso.split_once('T') {
        Some((date, time)) => format!("{date} {} UTC", time.get(..5).unwrap_or(time)),
        None => iso,
    }
}

/// How long something took, in a unit that suits it.
pub(super) fn duration(seconds: f64) -> String {
    if !seconds.is_finite() || seconds < 0.0 {
        return "–".to_owned();
    }
    if seconds < 0.9995 {
        return format!("{:.0} ms", seconds * 1000.0);
    }
    if seconds < 9.95 {
        return format!("{seconds:.1} s");
    }
    if seconds < 99.5 {
        return format!("{seconds:.0} s");
    }
    let minutes = (seconds / 60.0).round();
    if minutes < 100.0 {
        let whole = seconds.round();
        let (minutes, rest) = ((whole / 60.0).floor(), whole % 60.0);
        return format!("{minutes:.0} min {rest:.0} s");
    }
    format!(
        "{:.0} h {:.0} min",
        (minutes / 60.0).floor(),
        minutes % 60.0
    )
}

/// Bytes in a unit that suits them.
pub(super) fn memory(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut number = bytes as f64 / 1024.0;
    let mut unit = 0;
    while number >= 999.5 && unit + 1 < UNITS.len() {
        number /= 1024.0;
        unit += 1;
    }
    let decimals = usize::from(number < 9.95);
    format!("{number:.decimals$} {}", UNITS[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn report_dates_are_those_of_the_calendar() {
        assert_eq!(iso(0), "1970-01-01T00:00:00Z");
        assert_eq!(iso(951_782_400), "2000-02-29T00:00:00Z");
        assert_eq!(iso(1_709_251_199), "2024-02-29T23:59:59Z");
        assert_eq!(iso(4_107_542_400), "2100-03-01T00:00:00Z");
        assert_eq!(readable(1_795_713_341), "2026-11-26 17:15 UTC");
        // A clock that was wrong is no reason to stop.
        assert!(iso(u64::MAX).ends_with('Z'));
    }

    #[test]
    fn report_durations_have_units() {
        let durations = [0.0, 0.0421, 0.9999, 1.25, 12.4, 100.0, 5_999.0, 7_260.0];
        let words = durations.map(duration);
        assert_eq!(
            words,
            [
                "0 ms",
                "42 ms",
                "1.0 s",
                "1.2 s",
                "12 s",
                "1 min 40 s",
                "1 h 40 min",
                "2 h 1 min"
            ]
        );
        assert_eq!(duration(f64::NAN), "–");
    }

    #[test]
    fn report_amounts_of_memory_have_units() {
        let amounts = [
            0,
            512,
            10 << 10,
            1023 << 10,
            1 << 20,
            120 << 20,
            3 << 30,
            u64::MAX,
        ];
        let words = [
            "0.0 KiB",
            "0.5 KiB",
            "10 KiB",
            "1.0 MiB",
            "1.0 MiB",
            "120 MiB",
            "3.0 GiB",
            "16384 PiB",
        ];
        assert_eq!(amounts.map(memory), words);
    }
}
